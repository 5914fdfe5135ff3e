export { type RunningServer, type StartServerOptions, startServer } from './start.ts';
export { ensureCertificate, LOCAL_NAMES } from './tls/files.ts';
