export { type GitCommit, GitRepositories } from './repositories.ts';
export { type GitService, gitService } from './routes.ts';
