export { type BackendName, isBackendName } from './backend-choice.ts';
export { isController } from './controller-pod.ts';
export { importArc, referencesIn } from './import-arc.ts';
export type { Reference } from './references.ts';
export type { ArcImport, ArcSource, ImportedObject, Note, Outcome } from './types.ts';
