import { folderOf, type Program } from '../program.ts';
import { sealed } from '../sealed-file.ts';
import { bare, program, quoted } from './quote.ts';

/** The name of Milton's unit. */
export const UNIT = 'milton.service';

/** What systemd can do from this version on: wait longer from one failed start to the next. */
const GROWING = 254;

/** The systemd unit that runs a program; `systemd` is the version it is for. */
export function unitOf(what: Program, systemd: number): string {
  const command = [program(what.node), quoted(what.cli), '"start"', '"--config"', quoted(what.config)];
  const restart = systemd >= GROWING ? ['RestartSec=1', 'RestartSteps=8', 'RestartMaxDelaySec=300'] : ['RestartSec=10'];
  const text = `# Written by "milton service install", which writes it anew after an upgrade of Milton or Node.
# To change something, run "systemctl --user edit ${UNIT}": that makes a file beside this one, which stays.

[Unit]
Description=Milton: what a phone asks for becomes work in a git repository
# It is never given up: the person may be far away, with a phone and nothing else.
StartLimitIntervalSec=0

[Service]
# Milton says itself when it is ready, and every half minute that it is not stuck. It does so through systemd-notify, a process of
# its own, so that main would not be enough. Whoever can reach that socket can reach the bus of this user as well, and stop Milton.
Type=notify
NotifyAccess=all
WatchdogSec=60
# An upgrade may have to convert a large database.
TimeoutStartSec=300
# The colon has $ mean nothing.
ExecStart=:${command.join(' ')}
WorkingDirectory=${bare(folderOf(what))}
# PATH as a new terminal had it when this was written: that is where the agents are found.
Environment=${quoted(`PATH=${what.path}`)}
# For what Node itself reads, such as NODE_EXTRA_CA_CERTS. All else can stand in the .env beside the configuration.
EnvironmentFile=-%h/.config/milton/service.env

Restart=on-failure
${restart.join('\n')}
# Wrong use, a wrong configuration, another Milton at work: all the same at the next try.
RestartPreventExitStatus=2 3 75
# How Milton ends when a signal asks it to.
SuccessExitStatus=129 130 143

# Milton alone is asked to stop. It lets work come to an end, interrupts its agents and tells the phone, in 30 s at most.
KillMode=mixed
TimeoutStopSec=45

UMask=0077
LimitCORE=0
NoNewPrivileges=yes
# No PrivateTmp, ProtectSystem and the like: in a user's unit an older systemd (252) leaves them out, and a newer one puts Milton into a
# user namespace for them. The agents' sandbox makes one as well, and some systems allow none inside of another. Milton gives each run
# a folder of its own for what is temporary, which nobody else can read.

# Agents have limits of their own, in scopes of their own. These are for Milton and for what a repository has it run; the largest process
# alone is ended when there is too much.
TasksMax=4096
MemoryMax=80%
OOMPolicy=continue

[Install]
WantedBy=default.target

`;
  return sealed(text, ['# ', '']);
}
