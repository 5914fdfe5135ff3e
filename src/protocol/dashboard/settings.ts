/** What the settings pages read of GitHub's REST, in GitHub's shapes. Values of secrets and variables are left out. */

/** `GET /api/v3/repos/:owner/:repo/actions/caches` */
export interface CacheList {
  total_count: number;
  actions_caches: Cache[];
}

export interface Cache {
  id: number;
  key: string;
  ref: string;
  size_in_bytes: number;
  created_at: string;
  last_accessed_at: string;
}

/** `GET /api/v3/repos/:owner/:repo/actions/cache/usage` */
export interface CacheUsage {
  active_caches_size_in_bytes: number;
  active_caches_count: number;
}

/** `GET …/secrets` */
export interface SecretList {
  total_count: number;
  secrets: SettingName[];
}

/** `GET …/variables` */
export interface VariableList {
  total_count: number;
  variables: SettingName[];
}

/** A secret, or a variable. */
export interface SettingName {
  name: string;
  updated_at: string;
}

/** `GET /api/v3/repos/:owner/:repo/environments` */
export interface EnvironmentList {
  total_count: number;
  environments: { name: string }[];
}
