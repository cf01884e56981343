// A real queue of the npm package bullmq: its producer, its worker, and its own word on a queue.
//
//   node queue.js add QUEUE COUNT [JSON of the options of a job]
//   node queue.js work QUEUE [CONCURRENCY]    until it is ended
//   node queue.js ask QUEUE                   what BullMQ itself says of it
//   node queue.js pause|resume QUEUE          as a person does
//
// Where Redis is comes from the environment: LAB_REDIS_HOST, _PORT and _PASSWORD. What a job does is
// said in Redis, in database 1: `broken` makes it fail with that text, `ms` is how long it takes. The
// hash `ledger` counts how often each job succeeded, `tried` how often it was begun. With WEBHOOK_URL a
// job is a webhook: it is posted there, with its id, and is done when the answer says so. With PORT a
// worker answers HTTP, 200 as long as it reaches its Redis.
const http = require('node:http');
const { Queue, Worker } = require('bullmq');

const place = {
  host: process.env.LAB_REDIS_HOST || '127.0.0.1',
  port: Number(process.env.LAB_REDIS_PORT),
  password: process.env.LAB_REDIS_PASSWORD || undefined,
};
const Redis = require('ioredis');
const [verb, name, given, options] = process.argv.slice(2);
const target = process.env.WEBHOOK_URL;

async function add(queue) {
  const opts = { attempts: 1, ...JSON.parse(options || '{}') };
  for (let at = 0; at < Number(given); at += 1000) {
    const many = Math.min(1000, Number(given) - at);
    const jobs = Array.from({ length: many }, (_none, n) => ({
      name: target ? 'deliver-webhook' : 'send-mail',
      data: { to: `user${at + n}@example.org`, token: 'not-for-reports' },
      opts,
    }));
    await queue.addBulk(jobs);
  }
}

function deliver(job) {
  return new Promise((done, failed) => {
    const headers = { 'X-Delivery': job.id, 'Content-Type': 'application/json' };
    const asked = http.request(target, { method: 'POST', headers, timeout: 5000 }, (answer) => {
      answer.resume();
      if (answer.statusCode < 300) return answer.on('end', done);
      return failed(new Error(`HTTP ${answer.statusCode} from ${target}`));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer from ${target}`)));
    asked.on('error', failed);
    asked.end(JSON.stringify(job.data));
  });
}

function answerHealth(notes) {
  const page = (_asked, answer) =>
    notes.ping().then(() => 200, () => 503).then((code) => answer.writeHead(code).end());
  http.createServer(page).listen(Number(process.env.PORT));
}

async function work() {
  const notes = new Redis({ ...place, db: 1 });
  if (process.env.PORT) answerHealth(notes);
  const worker = new Worker(
    name,
    async (job) => {
      await notes.hincrby('tried', job.id, 1);
      const [broken, ms] = await notes.mget('broken', 'ms');
      if (ms) await new Promise((done) => setTimeout(done, Number(ms)));
      if (broken) throw new Error(broken);
      if (target) await deliver(job);
      await notes.hincrby('ledger', job.id, 1);
    },
    { connection: { ...place, maxRetriesPerRequest: null }, concurrency: Number(given || 5) },
  );
  worker.on('error', () => {});
  await worker.waitUntilReady();
  console.log('ready');
  process.on('SIGTERM', async () => {
    await worker.close();
    process.exit(0);
  });
}

async function main() {
  if (verb === 'work') return work();
  const queue = new Queue(name, { connection: place });
  if (verb === 'add') await add(queue);
  if (verb === 'pause') await queue.pause();
  if (verb === 'resume') await queue.resume();
  const counts = await queue.getJobCounts();
  console.log(JSON.stringify({ ...counts, is_paused: await queue.isPaused() }));
  await queue.close();
  return process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
