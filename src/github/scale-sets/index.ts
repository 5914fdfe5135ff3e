export { ScaleSetConnection, scopeOfConfigUrl } from './connection.ts';
export { isRefused, ScaleSetRefusal } from './refusal.ts';
export {
  type Agent,
  findAgent,
  generateScaleSetJitConfig,
  removeAgent,
  type ScaleSetRunner,
} from './runners.ts';
export { closeSession, type JobMessage, MessageSession } from './session.ts';
export {
  createScaleSet,
  deleteScaleSet,
  findScaleSet,
  getScaleSet,
  isAsWanted,
  scaleSetGroupId,
  updateScaleSet,
  type WantedScaleSet,
} from './sets.ts';
