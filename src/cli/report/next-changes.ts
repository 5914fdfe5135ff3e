/** When something changes by itself, by the reader's clocks and in UTC. */
import { twoClocks } from '../../common/two-clocks.ts';
import { ageText } from '../terminal/format.ts';

/** `in 2d, 2023-07-15 00:00 GMT+9 (2023-07-14 15:00 UTC)` @param timeZone left out: this machine's */
export const whenText = (at: string, nowMs: number, timeZone?: string): string =>
  `in ${ageText(Date.parse(at) - nowMs)}, ${twoClocks(at, timeZone)}`;

/** Of ARC's text for the column SCHEDULE, such as `min=1 time=2023-07-14 15:00:00 +0000 UTC`. */
const ARC_TIME = /\btime=(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?) \+0000 UTC$/;

/** ARC's text with the time by the reader's clocks too; where those are UTC, letter by letter as it was. */
export function scheduleCell(text: string, timeZone?: string): string {
  return text.replace(ARC_TIME, (whole, date: string, time: string) => {
    const both = twoClocks(`${date}T${time}Z`, timeZone);
    return both.includes('(') ? `time=${both}` : whole;
  });
}
