import { SCALE_SETS_PATH, type ScaleSet, type ScaleSetStatistics } from '../../protocol/github/scale-sets.ts';
import type { ScaleSetRow } from '../../store/scale-sets.ts';
import type { ServerContext } from '../context.ts';

export async function scaleSetObject(
  { engine, settings }: ServerContext,
  set: ScaleSetRow,
): Promise<ScaleSet & { statistics: ScaleSetStatistics }> {
  return {
    id: set.id,
    name: set.name,
    runnerGroupId: set.group_id,
    runnerGroupName: set.group_name,
    labels: JSON.parse(set.labels),
    RunnerSetting: JSON.parse(set.settings),
    createdOn: set.created_at,
    runnerJitConfigUrl: `${settings.publicUrl}${SCALE_SETS_PATH}/${set.id}/generatejitconfig`,
    statistics: await engine.scaleSets.statistics(set),
  };
}
