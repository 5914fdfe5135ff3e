import type { Command } from '../command.ts';
import { applyCommand } from './apply.ts';
import { completionCommand } from './completion.ts';
import { deleteCommand } from './delete.ts';
import { describeCommand } from './describe.ts';
import { eventsCommand } from './events.ts';
import { explainCommand } from './explain.ts';
import { exprCommand } from './expr.ts';
import { fleetCommand } from './fleet.ts';
import { getCommand } from './get.ts';
import { lintCommand } from './lint.ts';
import { logsCommand } from './logs.ts';
import { planCommand } from './plan.ts';
import { runCommand } from './run.ts';
import { runnerCommand } from './runner.ts';
import { runsCommand } from './runs.ts';
import { schedulesCommand } from './schedules.ts';
import { serverCommand } from './server.ts';
import { upCommand } from './up.ts';

/** Every command, in the order of the help. A new one is added here and nowhere else. */
export const commands: Command[] = [
  upCommand,
  runCommand,
  runsCommand,
  eventsCommand,
  schedulesCommand,
  explainCommand,
  logsCommand,
  planCommand,
  lintCommand,
  exprCommand,
  applyCommand,
  getCommand,
  describeCommand,
  deleteCommand,
  serverCommand,
  fleetCommand,
  runnerCommand,
  completionCommand(() => commands),
];
