export { type GitCommit, GitRepositories, type WorkflowFile } from './repositories.ts';
export { type GitService, gitService } from './routes.ts';
