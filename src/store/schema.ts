/**
 * The server's tables (DESIGN 5), a file for each family. Times are ISO 8601 text in UTC; JSON is text, read and written by
 * the file of its aggregate; booleans are 0 and 1. Names are snake_case so that both SQL dialects agree.
 */
import type { CheckTables } from './tables/checks.ts';
import type { DeploymentTables } from './tables/deployments.ts';
import type { EventTables } from './tables/events.ts';
import type { HookTables } from './tables/hooks.ts';
import type { JobTables } from './tables/jobs.ts';
import type { MirrorTables } from './tables/mirrors.ts';
import type { PeopleTables } from './tables/people.ts';
import type { RepositoryTables } from './tables/repositories.ts';
import type { RunnerTables } from './tables/runners.ts';
import type { RunTables } from './tables/runs.ts';
import type { ScaleSetTables } from './tables/scale-sets.ts';
import type { ServiceTables } from './tables/services.ts';
import type { SettingTables } from './tables/settings.ts';

export interface Tables
  extends CheckTables,
    DeploymentTables,
    EventTables,
    HookTables,
    JobTables,
    MirrorTables,
    PeopleTables,
    RepositoryTables,
    RunnerTables,
    RunTables,
    ScaleSetTables,
    ServiceTables,
    SettingTables {}
