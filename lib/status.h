/* SPDX-License-Identifier: MIT */
/*
 * A kind of status is one list of codes, each with the text that people read;
 * the first code is success:
 *     #define FOO_STATUS(S) S(FOO_OK, "ok") S(FOO_SHORT, "foo is too short")
 *     enum foo_status { FOO_STATUS(STATUS_CODE) };
 *     const char *foo_status_text(enum foo_status status);
 * and in one .c file STATUS_TEXT(foo_status, FOO_STATUS, "unknown foo status").
 */
#ifndef VOUCH_LIB_STATUS_H
#define VOUCH_LIB_STATUS_H

#define STATUS_CODE(code, text) code,
#define STATUS_CASE(code, text)                                                \
    case code:                                                                 \
        return text;

#define STATUS_TEXT(kind, LIST, unknown)                                       \
    const char *kind##_text(enum kind status)                                  \
    {                                                                          \
        switch (status) {                                                      \
            LIST(STATUS_CASE)                                                  \
        }                                                                      \
        return unknown;                                                        \
    }

#endif
