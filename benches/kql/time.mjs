// Times Microsoft's parser on queries: JSON lines `{id, query}` from standard input to lines `{id, ms}`.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { globals, load } from '../../tests/conformance/parser.mjs';

const ROUNDS = 5;
const kusto = load();
const state = globals(kusto, process.argv[2]);
const cases = readFileSync(0, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const fastest = new Map();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const { id, query } of cases) {
    const start = performance.now();
    kusto.KustoCode.ParseAndAnalyze(query, state).GetDiagnostics();
    const ms = performance.now() - start;
    fastest.set(id, Math.min(ms, fastest.get(id) ?? Infinity));
  }
}
for (const [id, ms] of fastest) console.log(JSON.stringify({ id, ms }));
