import type { Command } from '../command.ts';
import { appCommand } from './app.ts';
import { applyCommand } from './apply.ts';
import { artifactsCommand } from './artifacts.ts';
import { auditCommand } from './audit.ts';
import { cachesCommand } from './caches.ts';
import { cancelCommand } from './cancel.ts';
import { completionCommand } from './completion.ts';
import { deleteCommand } from './delete.ts';
import { describeCommand } from './describe.ts';
import { eventsCommand } from './events.ts';
import { explainCommand } from './explain.ts';
import { exprCommand } from './expr.ts';
import { fleetCommand } from './fleet.ts';
import { getCommand } from './get.ts';
import { hookCommand } from './hook.ts';
import { importCommand } from './import.ts';
import { lintCommand } from './lint.ts';
import { logsCommand } from './logs.ts';
import { mirrorCommand } from './mirror.ts';
import { notifyCommand } from './notify.ts';
import { planCommand } from './plan.ts';
import { repoCommand } from './repo.ts';
import { rerunCommand } from './rerun.ts';
import { runCommand } from './run.ts';
import { runnerCommand } from './runner.ts';
import { runsCommand } from './runs.ts';
import { schedulesCommand } from './schedules.ts';
import { secretCommand } from './secret.ts';
import { serverCommand } from './server.ts';
import { simulateCommand } from './simulate.ts';
import { tlsCommand } from './tls.ts';
import { tokenCommand } from './token.ts';
import { upCommand } from './up.ts';
import { userCommand } from './user.ts';
import { variableCommand } from './variable.ts';
import { wallCommand } from './wall.ts';

/** Every command, in the order of the help. A new one is added here and nowhere else. */
export const commands: Command[] = [
  upCommand,
  runCommand,
  runsCommand,
  eventsCommand,
  schedulesCommand,
  explainCommand,
  logsCommand,
  artifactsCommand,
  cachesCommand,
  rerunCommand,
  cancelCommand,
  planCommand,
  lintCommand,
  exprCommand,
  applyCommand,
  getCommand,
  describeCommand,
  deleteCommand,
  simulateCommand,
  importCommand,
  wallCommand,
  mirrorCommand,
  hookCommand,
  notifyCommand,
  repoCommand,
  secretCommand,
  variableCommand,
  userCommand,
  tokenCommand,
  appCommand,
  auditCommand,
  serverCommand,
  fleetCommand,
  tlsCommand,
  runnerCommand,
  completionCommand(() => commands),
];
