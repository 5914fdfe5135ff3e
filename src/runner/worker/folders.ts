/** Folders of a job: SEM-15.3, runner-protocol 11.9. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { inheritedEnvironment } from '../../common/settings.ts';
import type { Json } from '../../protocol/runner/tokens.ts';

export interface JobFolders {
  work: string;
  temp: string;
  toolCache: string;
  /** `RUNNER_WORKSPACE` */
  pipeline: string;
  /** `GITHUB_WORKSPACE` */
  workspace: string;
  fileCommands: string;
  eventFile: string;
  /** What `git config --global` of the job reads and writes; gone with the job. */
  gitConfig: string;
}

/** @param repository `owner/name` */
export function jobFolders(workFolder: string, repository: string): JobFolders {
  const name = repository.split('/').at(-1) || 'repository';
  const temp = join(workFolder, '_temp');
  const environment = inheritedEnvironment();
  return {
    work: workFolder,
    temp,
    toolCache:
      environment.RUNNER_TOOL_CACHE ||
      environment.RUNNER_TOOLSDIRECTORY ||
      environment.AGENT_TOOLSDIRECTORY ||
      join(workFolder, '_tool'),
    pipeline: join(workFolder, name),
    workspace: join(workFolder, name, name),
    fileCommands: join(temp, '_runner_file_commands'),
    eventFile: join(temp, '_github_workflow', 'event.json'),
    gitConfig: join(temp, '_runner_git_config'),
  };
}

/**
 * Empties temp, cleans what the job asks for, makes the rest and writes the event payload. The workspace itself
 * survives between jobs.
 */
export async function prepareFolders(folders: JobFolders, event: Json, clean: string | undefined): Promise<void> {
  await emptyFolder(folders.temp);
  if (clean === 'all') await rm(folders.pipeline, { recursive: true, force: true });
  if (clean === 'resources') await rm(folders.workspace, { recursive: true, force: true });
  if (clean === 'outputs') await emptyFolder(folders.pipeline, folders.workspace);
  const { workspace, toolCache, fileCommands, temp } = folders;
  const needed = [workspace, toolCache, fileCommands, join(temp, '_github_workflow'), join(temp, '_github_home')];
  await Promise.all(needed.map((folder) => mkdir(folder, { recursive: true })));
  await writeFile(folders.eventFile, JSON.stringify(event, null, 2));
  await writeFile(folders.gitConfig, await machineGitConfig(), { mode: 0o600 });
}

/** The user's own settings of git: its place under XDG_CONFIG_HOME counts before that in the home folder, as in git. */
async function machineGitConfig(): Promise<string> {
  const { GIT_CONFIG_GLOBAL, XDG_CONFIG_HOME, HOME = homedir() } = inheritedEnvironment();
  const files = GIT_CONFIG_GLOBAL
    ? [GIT_CONFIG_GLOBAL]
    : [join(XDG_CONFIG_HOME || join(HOME, '.config'), 'git', 'config'), join(HOME, '.gitconfig')];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.filter(Boolean).join('\n');
}

export async function emptyFolder(folder: string, except?: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const paths = names.map((name) => join(folder, name)).filter((path) => path !== except);
  await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })));
}
