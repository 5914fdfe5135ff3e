/** The unit by which systemd runs a configured runner. */
import { UserError } from '../../../common/errors.ts';

export interface ServiceFacts {
  /** `owner-name`, as the registration's URL has it. */
  place: string;
  runner: string;
  /** Whom it runs as. */
  user: string;
  root: string;
  /** Absolute path of Node, and of the program with its arguments. */
  command: string[];
}

/** Longest name that GitHub's runner gives a service. */
const MAX_NAME = 150;

/** As GitHub's runner calls its services, so that `systemctl list-units 'actions.runner.*'` shows both. */
export function unitName({ place, runner }: Pick<ServiceFacts, 'place' | 'runner'>): string {
  const plain = (text: string): string => text.replace(/[^0-9a-zA-Z._-]/g, '-');
  return `${`actions.runner.${plain(place)}.${plain(runner)}`.slice(0, MAX_NAME - '.service'.length)}.service`;
}

/**
 * SIGTERM goes to the listener alone: it tells its job, which gets 30 s to end. What is left after that is killed.
 * @throws UserError `bad-root` for a path that a unit cannot hold
 */
export function unitText(facts: ServiceFacts): string {
  return `[Unit]
Description=Switchyard runner ${specifiers(facts.runner)} of ${specifiers(facts.place)}
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${facts.command.map(quoted).join(' ')}
User=${facts.user}
WorkingDirectory=${specifiers(line(facts.root))}
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec=5min
Restart=on-failure
RestartSec=5
# A refused or deleted registration, wrong usage, another session: starting again does not help.
RestartPreventExitStatus=1 2 5 7

[Install]
WantedBy=multi-user.target
`;
}

/** A word of a command line as systemd.syntax reads it. */
const quoted = (word: string): string =>
  `"${specifiers(line(word)).replace(/\\/g, '\\\\').replace(/"/g, '\\"').replaceAll('$', '$$$$')}"`;

const specifiers = (text: string): string => text.replaceAll('%', '%%');

function line(text: string): string {
  if (!/[\n\r]/.test(text)) return text;
  throw new UserError('bad-root', 'A folder with a line break in its name cannot be a service.');
}
