import { resolve } from 'node:path';

import { dataFolder, numberSetting, setting } from '../../common/settings.ts';
import { SETTINGS } from '../../common/settings-table.ts';
import { isTimezone } from '../../common/time-zone.ts';
import { type Input, type Option, UsageError } from '../command.ts';
import type { Place } from '../platform/programs.ts';

const LAST_PORT = 65_535;

export const dataOption: Option = { flags: '--data <folder>', what: `data folder (default: ${SETTINGS.data.default})` };

export const placeOptions: Option[] = [
  { flags: '--host <address>', what: `address to listen on (default: ${SETTINGS.host.default})` },
  { flags: '--port <number>', what: `port to listen on (default: ${SETTINGS.port.default}; 0 for any)` },
  dataOption,
];

export const namespaceOption: Option = { flags: '-n, --namespace <name>', what: 'namespace (default: default)' };

export const namespaceOf = (input: Input): string => input.text('namespace') ?? 'default';

export const timeZoneOption: Option = {
  flags: '--tz <zone>',
  what: "show times by the clocks of this zone too, such as Asia/Seoul (default: TZ, or this machine's)",
};

/** Undefined: this machine's, which TZ may set. @throws UsageError */
export function timeZoneOf(input: Input): string | undefined {
  const zone = input.text('tz');
  if (zone === undefined || isTimezone(zone)) return zone;
  throw new UsageError(`"${zone}" is no time zone; give one such as Europe/Berlin.`);
}

export function placeOf(input: Input): Place {
  return {
    host: input.text('host') ?? setting('host'),
    port: input.number('port', 0, LAST_PORT) ?? numberSetting('port', 0, LAST_PORT),
  };
}

/** The place of the fleet API beside a server's. */
export const nextPlace = ({ host, port }: Place): Place => ({ host, port: port === 0 ? 0 : port + 1 });

export const dataFolderOf = (input: Input): string => resolve(input.text('data') ?? dataFolder());
