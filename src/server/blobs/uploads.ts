/** Uploads of artifacts and caches lie below this name until they are finished. */
export const UPLOADS = 'uploads';

/** How long an upload may take: the URL that it goes to is signed for so long. */
export const UPLOAD_SECONDS = 6 * 60 * 60;

/** Long after the last URL has expired. */
export const ABANDONED_MS = 24 * 60 * 60 * 1000;
