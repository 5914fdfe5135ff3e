export { apiUrl } from '../protocol/github/urls.ts';
export { type AppCredentials, installationTokens } from './app-token.ts';
export { GitHubClient, type GitHubClientOptions } from './client.ts';
export { ConditionalReads, conditionalReads } from './conditional-reads.ts';
export { type RateBudget, readsLeft } from './rate-limits.ts';
export {
  findRunner,
  generateJitConfig,
  listRunners,
  type RegisteredRunner,
  type RegistrationRequest,
  type RemovalAnswer,
  type RunnerState,
  registerRunner,
  removeRunner,
  runnerGroupId,
  scopeUrl,
} from './self-hosted-runners.ts';
