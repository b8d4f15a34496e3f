/* SPDX-License-Identifier: MIT */
/*
 * A permit says that the policy allowed the current domain one row of the
 * table.  Only the dispatcher can make one: the type is incomplete everywhere
 * else.  Every handler takes it first.
 */
#pragma once

struct permit;
