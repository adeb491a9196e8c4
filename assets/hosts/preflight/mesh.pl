# Listens on ports, or connects to those of others; with nothing but what perl-base has.
# listen SECONDS PORT/PROTOCOL…      prints "listening P/X" or "held P/X", then "ready"; ends with its standard input.
# connect SECONDS ADDRESS:PORT/PROTOCOL…   prints "ADDRESS:PORT/PROTOCOL open|refused|timeout|unreachable MILLISECONDS"
use strict;
use warnings;
use Socket;
use Errno qw(EINPROGRESS ECONNREFUSED EHOSTUNREACH ENETUNREACH EADDRINUSE);
use Fcntl;
$| = 1;
my ($action, $seconds, @targets) = @ARGV;
sub unblocked { my $s = shift; fcntl($s, F_SETFL, fcntl($s, F_GETFL, 0) | O_NONBLOCK); $s }
if ($action eq 'listen') {
  my (%tcp, %udp);
  for (@targets) {
    my ($port, $protocol) = split m{/};
    socket(my $s, PF_INET, $protocol eq 'udp' ? SOCK_DGRAM : SOCK_STREAM, 0) or next;
    setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1) if $protocol eq 'tcp';
    if (bind($s, sockaddr_in($port, INADDR_ANY)) && ($protocol eq 'udp' || listen($s, 128))) {
      unblocked($s);
      ($protocol eq 'udp' ? $udp{fileno $s} : $tcp{fileno $s}) = $s;
      print "listening $_\n";
    } else { print "held $_\n" }
  }
  print "ready\n";
  my $end = time + $seconds;
  while (time < $end) {
    my $bits = '';
    vec($bits, $_, 1) = 1 for 0, keys %tcp, keys %udp;
    select(my $ready = $bits, undef, undef, 1) or next;
    if (vec($ready, 0, 1)) { sysread(STDIN, my $line, 100) or last }
    for (keys %tcp) { if (vec($ready, $_, 1) && accept(my $peer, $tcp{$_})) { close $peer } }
    for (keys %udp) { if (vec($ready, $_, 1)) { my $from = recv($udp{$_}, my $data, 200, 0); send($udp{$_}, $data, 0, $from) if $from } }
  }
  exit 0;
}
my (%open, %datagram);
sub result { my ($target, $what) = @_; print "$target $what\n" }
for (@targets) {
  my ($address, $port, $protocol) = m{^(.*):(\d+)/(\w+)$} or next;
  my $to = sockaddr_in($port, inet_aton($address));
  if ($protocol eq 'udp') {
    socket(my $s, PF_INET, SOCK_DGRAM, 0) or next;
    unblocked($s);
    # A datagram may be lost by chance, so there are three.
    connect($s, $to) and $datagram{fileno $s} = [$s, $_, 3] or result($_, 'unreachable');
    next;
  }
  socket(my $s, PF_INET, SOCK_STREAM, 0) or next;
  unblocked($s);
  if (connect($s, $to)) { result($_, 'open') }
  elsif ($!{EINPROGRESS}) { $open{fileno $s} = [$s, $_] }
  else { result($_, $!{ECONNREFUSED} ? 'refused' : 'unreachable') }
}
my ($slept, $last) = (0, -1);
while ((%open || %datagram) && $slept < $seconds * 20) {
  if ($slept - $last >= 10 || $last < 0) {
    $last = $slept;
    for (values %datagram) { if ($_->[2]-- > 0) { send($_->[0], 'landfall', 0) } }
  }
  my ($reads, $writes) = ('', '');
  vec($writes, $_, 1) = 1 for keys %open;
  vec($reads, $_, 1) = 1 for keys %datagram;
  my $count = select(my $r = $reads, my $w = $writes, undef, 0.05);
  $slept++ unless $count;
  next unless $count && $count > 0;
  for my $n (keys %open) {
    next unless vec($w, $n, 1);
    my ($s, $target) = @{delete $open{$n}};
    $! = unpack('i', getsockopt($s, SOL_SOCKET, SO_ERROR));
    result($target, $! == 0 ? 'open' : $!{ECONNREFUSED} ? 'refused' : 'unreachable');
  }
  for my $n (keys %datagram) {
    next unless vec($r, $n, 1);
    my ($s, $target) = @{$datagram{$n}};
    if (defined recv($s, my $data, 200, 0)) { result($target, 'open'); delete $datagram{$n} }
    elsif ($!{ECONNREFUSED}) { result($target, 'refused'); delete $datagram{$n} }
  }
}
result($_->[1], 'timeout') for values %open, values %datagram;
