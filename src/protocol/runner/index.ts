export * from './broker.ts';
export * from './constants.ts';
export * from './jit-config.ts';
export * from './job-message.ts';
export * from './results.ts';
export * from './run-service.ts';
export * from './tokens.ts';
