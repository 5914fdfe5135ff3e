/** GitHub's error shape. */
export interface GitHubError {
  message: string;
  documentation_url: string;
  errors?: { resource?: string; field?: string; code: string; message?: string }[];
}
