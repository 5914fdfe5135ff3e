export { apiUrl } from '../protocol/github/urls.ts';
export { type AppCredentials, installationTokens } from './app-token.ts';
export { GitHubClient, type GitHubClientOptions, type RateBudget } from './client.ts';
export { ConditionalReads } from './conditional-reads.ts';
export {
  findRunner,
  generateJitConfig,
  listRunners,
  type RegisteredRunner,
  type RegistrationRequest,
  type RemovalAnswer,
  registerRunner,
  removeRunner,
  runnerGroupId,
  scopeUrl,
} from './self-hosted-runners.ts';
