/** Where the content of artifacts lies. An upload has a name of its own: whoever still holds its URL cannot change what is finished. */
import type { ArtifactRow } from '../../store/artifacts.ts';
import { UPLOADS } from '../blobs/uploads.ts';

export const uploadName = ({ id }: Pick<ArtifactRow, 'id'>): string => `${UPLOADS}/artifacts/${id}`;
export const artifactBlob = ({ id, run_id }: Pick<ArtifactRow, 'id' | 'run_id'>): string => `artifacts/${run_id}/${id}`;
