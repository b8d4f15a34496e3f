#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# So many vTPM domains as tests/scenario/vouchd/vtpm.pl is one, in one process:
# all ask for evidence at once, and again as soon as each is answered. Prints
# the milliseconds from the first question to the last answer.
#
#   evidence-clients.pl DIR CLIENTS ROUNDS UUID
use strict;
use warnings;
use IO::Poll qw(POLLIN);
use IO::Socket::UNIX;
use Time::HiRes qw(time sleep);

my ($dir, $clients, $rounds, $uuid) = @ARGV;
my (%of, $id);

sub ask {
    my ($stream) = @_;
    open my $random, '<:raw', '/dev/urandom' or die;
    read $random, my $payload, 32 + 34 + 32;
    syswrite $stream, pack('VVQ<', 3, length $payload, ++$id) . $payload;
}

# The answer's bytes as they come; true once it is whole.
sub take {
    my ($client) = @_;
    my $got = sysread $client->{stream}, $client->{data}, 1 << 20,
        length $client->{data};
    die "the daemon hung up\n" if !$got;
    return 0 if length $client->{data} < 20;
    my (undef, $size, undef, $status) = unpack 'VVQ<V', $client->{data};
    return 0 if length $client->{data} < 16 + $size;
    die "no evidence\n" if $status != 0;
    $client->{data} = '';
    return 1;
}

my @servers = map {
    unlink "$dir/$_";
    IO::Socket::UNIX->new(Local => "$dir/$_", Listen => 1) or die
} 1 .. $clients;
open my $file, '>', "$dir/domains.new" or die;
print $file map { "$_ $$ $uuid\n" } 1 .. $clients;
close $file;
rename "$dir/domains.new", "$dir/domains" or die;
my $poll = IO::Poll->new;
for my $server (@servers) {
    my $stream = $server->accept or die;
    $of{$stream} = {stream => $stream, data => '', left => $rounds};
    $poll->mask($stream => POLLIN);
}
my $start = time;
ask($_->{stream}) for values %of;
my $left = $clients * $rounds;
while ($left > 0) {
    $poll->poll(60) > 0 or die "no answer\n";
    for my $stream ($poll->handles(POLLIN)) {
        my $client = $of{$stream};
        next if !take($client);
        $left--;
        ask($stream) if --$client->{left} > 0;
    }
}
printf "%.0f\n", 1000 * (time - $start);
