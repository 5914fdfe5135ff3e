import { UNFIT_EXIT_CODE } from '../../protocol/runner/constants.ts';

/** Exit codes of the listener: runner-protocol 4.10. */
export const ExitCode = {
  normal: 0,
  terminated: 1,
  usage: 2,
  sessionConflict: 5,
  versionTooOld: 7,
  unfit: UNFIT_EXIT_CODE,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Ends the listener: nothing that it could repeat will help. */
export class ListenerEnd extends Error {
  override readonly name = 'ListenerEnd';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The server has deleted this runner: what the folder says of it is worth nothing any more (runner-protocol 4.2). */
export class RegistrationGone extends ListenerEnd {}

/** The server no longer knows this session: open a new one (runner-protocol 4.2). */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';
}

/** The server still has another session of this runner (runner-protocol 4.1). */
export class SessionConflict extends Error {
  override readonly name = 'SessionConflict';
}

/** The server refuses the assertion because the clocks differ (runner-protocol 3). */
export class ClockSkew extends Error {
  override readonly name = 'ClockSkew';
}
