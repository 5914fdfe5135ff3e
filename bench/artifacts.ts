/** Artifacts as GitHub's client moves them: blocks of 8 MiB, five at a time, over one connection each; then one download. */
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Installation } from './installation.ts';
import { percentile, type Row } from './rows.ts';
import { startJob } from './running-job.ts';

const MIB = 1024 * 1024;
const BLOCK_BYTES = 8 * MIB;
const BLOCKS = 64;
const PARALLEL = 5;
const ROUNDS = 5;

export const benchUpload = (): Promise<Row> => bench('artifact of 512 MiB: upload', 'upload');
export const benchDownload = (): Promise<Row> => bench('artifact of 512 MiB: download', 'download');

async function bench(name: string, measured: 'upload' | 'download'): Promise<Row> {
  const installation = await Installation.start();
  const agent = new Agent({ keepAlive: true });
  try {
    const { askArtifacts: ask } = await startJob(installation, 'bench/artifacts');
    const block = randomBytes(BLOCK_BYTES);
    const rates: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const artifact = `artifact-${round}`;
      const { signed_upload_url: url } = await ask('CreateArtifact', { name: artifact, version: 7 });
      const uploadMs = await timed(() => upload(agent, String(url), block));
      await ask('FinalizeArtifact', { name: artifact, size: String(BLOCKS * BLOCK_BYTES) });
      const { signed_url: from } = await ask('GetSignedArtifactURL', { name: artifact });
      const downloadMs = await timed(() => download(agent, String(from)));
      rates.push((BLOCKS * BLOCK_BYTES) / 1_000 / (measured === 'upload' ? uploadMs : downloadMs));
      await ask('DeleteArtifact', { name: artifact });
    }
    const p50 = percentile(rates, 0.5);
    return { name, unit: 'MB/s', samples: ROUNDS, p50, p99: null, budget: { p50: 400, isAtLeast: true } };
  } finally {
    agent.destroy();
    await installation.close();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function upload(agent: Agent, url: string, block: Buffer): Promise<void> {
  const ids = Array.from({ length: BLOCKS }, (_, index) =>
    Buffer.from(`block-${String(index).padStart(6, '0')}`).toString('base64'),
  );
  const waiting = ids.values();
  const worker = async (): Promise<void> => {
    for (const id of waiting) await put(agent, `${url}&comp=block&blockid=${encodeURIComponent(id)}`, block);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  const list = `<BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`;
  await put(agent, `${url}&comp=blocklist`, Buffer.from(list));
}

function put(agent: Agent, url: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'PUT', agent, headers: { 'content-length': body.length } }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 201) resolve();
        else reject(new Error(`PUT answered ${response.statusCode}`));
      });
    });
    outgoing.on('error', reject).end(body);
  });
}

function download(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (response) => {
      let bytes = 0;
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      response.on('error', reject).on('end', () => {
        if (bytes === BLOCKS * BLOCK_BYTES) resolve();
        else reject(new Error(`${bytes} bytes came`));
      });
    });
    outgoing.on('error', reject).end();
  });
}
