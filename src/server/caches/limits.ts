import { numberSetting } from '../../common/settings.ts';

export interface CacheLimits {
  /** Of all caches of a repository together. */
  maxBytes: number;
  /** A cache that was not used for so many days is removed. */
  days: number;
}

/** From the settings. @throws UserError when one cannot be used */
export const cacheLimits = (): CacheLimits => ({
  maxBytes: numberSetting('cacheMaxMb', 1, 1024 * 1024) * 1024 * 1024,
  days: numberSetting('cacheDays', 1, 3650),
});
