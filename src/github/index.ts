export { apiUrl } from '../protocol/github/urls.ts';
export { GitHubClient, type GitHubClientOptions } from './client.ts';
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
