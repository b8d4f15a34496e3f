#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The double of a vTPM domain: offers a stream, and asks vouchd what it is told
# to ask, one question after the other. Prints one line for each answer, "OK",
# "ABSENT", "FAILED" with the content's size and SHA-256, or "END".
#
#   vtpm.pl DIR DOMID UUID QUESTION...
#     load:UUID:SLOT  store:UUID:SLOT:SIZE:BYTE  raw:HEX  wait:SECONDS
#     certificate:UUID
#     flood:UUID:SECONDS   loads, one after the other without waiting
#     evidence:FILE   over a random nonce and name, written before the answer:
#                     FILE.leaf (the leaf's hash) and FILE (the answer)
use strict;
use warnings;
use Digest::SHA qw(sha256 sha256_hex);
use Fcntl qw(:flock);
use IO::Socket::UNIX;

my ($dir, $domid, $uuid, @questions) = @ARGV;
my @status = qw(OK ABSENT FAILED);
my $id = 100;

sub offer {
    open my $file, '>>', "$dir/domains" or die;
    flock $file, LOCK_EX;
    print $file "$domid $$ $uuid\n";
    close $file;
}

sub withdraw {
    open my $file, '+<', "$dir/domains" or die;
    flock $file, LOCK_EX;
    my @lines = grep { !/^$domid / } <$file>;
    seek $file, 0, 0;
    print $file @lines;
    truncate $file, tell $file;
    close $file;
}

sub bytes_of_uuid { return pack 'H*', $_[0] =~ s/-//gr }

sub take {
    my ($stream, $size) = @_;
    my $data = '';
    while (length $data < $size) {
        my $got = sysread $stream, $data, $size - length $data, length $data;
        return undef if !$got;
    }
    return $data;
}

sub ask {
    my ($stream, $type, $payload) = @_;
    $id++;
    my $message = pack('VVQ<', $type, length $payload, $id) . $payload;
    while (length $message) {
        my $sent = syswrite $stream, $message or last;
        substr $message, 0, $sent, '';
    }
    my $head = take($stream, 20) // return (undef, '');
    my ($answer_type, $size, $answer_id, $status) = unpack 'VVQ<V', $head;
    die "another answer\n" if $answer_type != $type || $answer_id != $id;
    return ($status, take($stream, $size - 4));
}

sub evidence {
    my ($stream, $file) = @_;
    open my $random, '<:raw', '/dev/urandom' or die;
    read $random, my $payload, 32 + 34 + 32;
    open my $leaf, '>', "$file.leaf" or die;
    print $leaf sha256_hex("\0vouch leaf 1$payload");
    close $leaf;
    my ($status, $content) = ask($stream, 3, $payload);
    open my $out, '>:raw', $file or die;
    print $out $content // '';
    close $out;
    return ($status, $content);
}

# 2, or undef if the stream ended.
sub flood {
    my ($stream, $of, $seconds) = @_;
    my $one = pack('VVQ<', 1, 17, 9) . bytes_of_uuid($of) . "\0";
    my $until = time + $seconds;
    my $writer = fork // die;
    if (!$writer) {
        while (syswrite $stream, $one x 500) { }
        exit;
    }
    my $has_ended = 0;
    while (time < $until && !$has_ended) {
        $has_ended = !sysread $stream, my $data, 65536;
    }
    kill 'KILL', $writer;
    waitpid $writer, 0;
    return $has_ended ? undef : 2;
}

unlink "$dir/$domid";
my $server = IO::Socket::UNIX->new(Local => "$dir/$domid", Listen => 1) or die;
offer();
my $stream = $server->accept or die;
$SIG{PIPE} = 'IGNORE';
for my $question (@questions) {
    my ($what, @with) = split /:/, $question;
    my ($status, $content);
    if ($what eq 'load') {
        ($status, $content) = ask($stream, 1,
            bytes_of_uuid($with[0]) . chr $with[1]);
    } elsif ($what eq 'store') {
        ($status, $content) = ask($stream, 2,
            bytes_of_uuid($with[0]) . chr($with[1]) . $with[3] x $with[2]);
    } elsif ($what eq 'certificate') {
        ($status, $content) = ask($stream, 4, bytes_of_uuid($with[0]));
    } elsif ($what eq 'evidence') {
        ($status, $content) = evidence($stream, @with);
    } elsif ($what eq 'flood') {
        $status = flood($stream, @with);
    } elsif ($what eq 'raw') {
        syswrite $stream, pack 'H*', $with[0];
        my $head = take($stream, 1);
        $status = defined $head ? 2 : undef;
    } else {
        sleep $with[0];
        next;
    }
    print defined $status
        ? "$status[$status] " . length($content // '') . ' '
            . sha256_hex($content // '') . "\n"
        : "END\n";
}
withdraw();
