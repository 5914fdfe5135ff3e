import { numberSetting } from '../../common/settings.ts';

export interface ArtifactLimits {
  /** How long an artifact is kept where its workflow does not say, and at most. */
  retentionDays: number;
  maxBytes: number;
}

/** From the settings. @throws UserError when one cannot be used */
export const artifactLimits = (): ArtifactLimits => ({
  retentionDays: numberSetting('artifactRetentionDays', 1, 3650),
  maxBytes: numberSetting('artifactMaxMb', 1, 1024 * 1024) * 1024 * 1024,
});
