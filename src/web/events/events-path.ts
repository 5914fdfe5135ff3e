/** @param repository `owner/name`; empty for all */
export const eventsPath = (repository: string): string =>
  repository === '' ? '/events' : `/events?${new URLSearchParams({ repository })}`;

export const readRepository = (search: string): string => new URLSearchParams(search).get('repository')?.trim() ?? '';
