/** `on.schedule` (SEM-4.1 to 4.4). */
import { errorText } from '../../common/errors.ts';
import { isTimezone } from '../../common/time-zone.ts';
import type { TemplateToken } from '../../protocol/runner/tokens.ts';
import { type Cron, fallsDue, parseCron } from '../cron.ts';
import type { Trigger } from '../model.ts';
import { isObjectToken, isSequenceToken, literalText, member } from '../tokens.ts';
import type { Problems } from './problems.ts';

/** The entries that are right; what is wrong with the others is reported at its place. */
export function readSchedule(
  key: TemplateToken,
  body: TemplateToken,
  problems: { errors: Problems; warnings: Problems },
): NonNullable<Trigger['schedule']> {
  const items = isSequenceToken(body) ? body.seq : [];
  if (items.length === 0) problems.warnings.add('The schedule has no cron, so it never falls due.', placeOf(key));
  return items.flatMap((item) => {
    const [cronToken, zoneToken] = [member(item, 'cron'), member(item, 'timezone')];
    const cron = readCron(cronToken, problems.errors);
    const timezone = literalText(zoneToken) || null;
    const isKnown = timezone === null || isTimezone(timezone);
    if (!isKnown) problems.errors.add(`'${timezone}' is no time zone of the IANA database`, placeOf(zoneToken));
    if (!cron) return [];
    warnOf(cron, placeOf(cronToken), problems.warnings);
    return isKnown ? [{ cron: cron.text, timezone }] : [];
  });
}

const placeOf = (token: TemplateToken) => (isObjectToken(token) ? token : null);

/** `undefined` when it is wrong, or absent, which the schema reports. */
function readCron(token: TemplateToken, errors: Problems): Cron | undefined {
  const text = literalText(token);
  if (!text) return undefined;
  try {
    return parseCron(text);
  } catch (error) {
    errors.add(errorText(error), placeOf(token));
    return undefined;
  }
}

/** SEM-4.4: such files are accepted. */
function warnOf(cron: Cron, place: ReturnType<typeof placeOf>, warnings: Problems): void {
  if (!fallsDue(cron)) warnings.add(`The schedule '${cron.text}' never falls due: there is no such date.`, place);
  if (!cron.throttled) return;
  const reason = 'schedules run at most every 5 minutes';
  warnings.add(
    `The schedule '${cron.text}' falls due in the minutes ${cron.minutes.join(', ')} only: ${reason}.`,
    place,
  );
}
