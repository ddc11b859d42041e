# A service that needs three seconds to stop. Says who it is on standard output, a line each, and what becomes of it.
use strict; use warnings; use POSIX ();
$| = 1;
open(my $status, '<', '/proc/self/status') or die; my %is = map { /^(\w+):\s*(.*)/ ? ($1, $2) : () } <$status>; close $status;
opendir(my $fds, '/proc/self/fd') or die; my @open = sort { $a <=> $b } grep { /^\d+$/ && $_ > 2 && $_ != fileno($fds) } readdir $fds;
@open = grep { -e "/proc/self/fd/$_" } @open;
my @said = ("pid=$$", map { "$_=" . ($is{$_} // '') } qw(Uid Gid Groups NoNewPrivs SigIgn CapEff));
push @said, "home=" . ($ENV{HOME} // ''), "secret=" . ($ENV{SECRET} // ''), "fds=@open";
$SIG{TERM} = sub { print "told\n"; my $end = time + 3; sleep 1 while time < $end; print "ended\n"; POSIX::_exit(0) };
print join("\n", @said), "\nready\n";
sleep 1 while 1;
