import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { openDatabase } from '../../store/database.ts';
import { storedPosts } from './posts.ts';

it('keeps where a message is for each receiver, the newest place, and for a month', async () => {
  const db = await openDatabase(':memory:');
  const clock = new ManualClock();
  const posts = storedPosts(db, clock);
  await posts.keep('team', 'deployment:1', { channel: 'C1', ts: '1.0' });
  await posts.keep('ops', 'deployment:1', { channel: 'C2', ts: '2.0' });
  await posts.keep('team', 'deployment:1', { channel: 'C1', ts: '3.0' });
  expect(await posts.find('team', 'deployment:1')).toEqual({ channel: 'C1', ts: '3.0' });
  expect(await posts.find('ops', 'deployment:1')).toEqual({ channel: 'C2', ts: '2.0' });
  expect(await posts.find('team', 'deployment:2')).toBeUndefined();
  clock.advance(32 * 24 * 60 * 60_000);
  await posts.keep('team', 'deployment:2', { channel: 'C1', ts: '4.0' });
  expect(await posts.find('team', 'deployment:1')).toBeUndefined();
  expect(await posts.find('team', 'deployment:2')).toEqual({ channel: 'C1', ts: '4.0' });
  await db.destroy();
});
