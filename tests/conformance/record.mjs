// Takes queries, one JSON line `{id, query}` each, from standard input; writes `mutated.jsonl`, the queries with mistakes
// made in them, and `mutated.official.jsonl`, what Microsoft's parser says of those, into the folder given. Of the
// queries in `rare.jsonl` there, which use what rules seldom do, it writes the answers alone.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { answer, globals, load } from './parser.mjs';

const [tsv, out] = process.argv.slice(2);
const PER_QUERY = 4;

/** Numbers from 0 to below 1 that are the same on every run (mulberry32). */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const random = generator(20);
const pick = (items) => items[Math.floor(random() * items.length)];

const TOKEN = /\/\/[^\n]*|@?"(?:\\.|[^"\\\n])*"|@?'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*(?:-(?:expand|apply|series|rename|away|keep|reorder|where|kv))?|\d+(?:\.\d+)?[a-z]*|[=!<>]=|=~|!~|\.\.|\s+|./gs;
const OPERATORS = ['==', '!=', '=~', 'has', 'contains', '<', 'in', 'startswith', '+', '*', 'and', 'or', 'has_any', 'between', 'in~', '='];
const KEYWORDS = ['where', 'project', 'extend', 'summarize', 'join', 'by', 'on', 'let', 'order by', 'take', 'distinct', 'count', 'mv-expand', 'parse', 'evaluate', 'lookup', 'render', 'asc'];
const VALUES = ['1', '"x"', '1h', 'ago(1d)', 'datetime(2020-01-01)', 'dynamic([1])', 'true', '1.5', '*', 'null', '(1)'];
const FUNCTIONS = ['count', 'tostring', 'strlen', 'make_set', 'arg_max', 'iff', 'bin', 'foo', 'parse_json', 'countif', 'toscalar', 'split', 'case', 'bag_unpack'];

const changes = {
  drop: (tokens, at) => tokens.splice(at, 1),
  double: (tokens, at) => tokens.splice(at, 0, tokens[at], ' '),
  swap: (tokens, at, next) => ([tokens[at], tokens[next]] = [tokens[next], tokens[at]]),
  rename: (tokens, at) => (tokens[at] = pick([tokens[at] + 'x', tokens[at].slice(0, -1) || 'q', 'Unknown1'])),
  operator: (tokens, at) => (tokens[at] = pick(OPERATORS)),
  keyword: (tokens, at) => (tokens[at] = pick(KEYWORDS)),
  value: (tokens, at) => (tokens[at] = pick(VALUES)),
  call: (tokens, at) => (tokens[at] = pick(FUNCTIONS)),
  insert: (tokens, at) => tokens.splice(at, 0, pick(['(', ')', ',', '|', ';', '[', ']', '.', '=', '{', '}', '"', ':', 'not ', 'by '])),
  cut: (tokens, at) => tokens.splice(at),
};
const suits = {
  rename: (token) => /^[A-Za-z_]\w*$/.test(token),
  operator: (token) => OPERATORS.includes(token),
  keyword: (token) => KEYWORDS.includes(token),
  value: (token) => /^[\d"'@]/.test(token),
};

function mutate(query) {
  const tokens = query.match(TOKEN);
  const name = pick(Object.keys(changes));
  const solid = [...tokens.keys()].filter((at) => !/^(\s|\/\/)/.test(tokens[at]));
  const fit = solid.filter((at) => (suits[name] ?? (() => true))(tokens[at]));
  const at = pick(fit.length > 0 ? fit : solid);
  const next = solid[solid.indexOf(at) + 1] ?? at;
  changes[name](tokens, at, next);
  return [name, tokens.join('')];
}

const kusto = load();
const state = globals(kusto, tsv);
function answered(id, query) {
  const said = answer(kusto, state, query);
  // The columns of a query with errors are compared with nothing.
  if (said.diagnostics.some((d) => d.severity === 'Error')) said.columns = [];
  return JSON.stringify({ id, ...said });
}
const questions = [];
const answers = [];
for (const line of readFileSync(0, 'utf8').trimEnd().split('\n')) {
  const { id, query } = JSON.parse(line);
  for (let number = 0; number < PER_QUERY; number += 1) {
    const [name, mutated] = mutate(query);
    if (mutated === query) continue;
    const case_id = `${id} ${name} ${number}`;
    questions.push(JSON.stringify({ id: case_id, query: mutated }));
    answers.push(answered(case_id, mutated));
  }
}
writeFileSync(path.join(out, 'mutated.jsonl'), questions.join('\n') + '\n');
writeFileSync(path.join(out, 'mutated.official.jsonl'), answers.join('\n') + '\n');
const rare = readFileSync(path.join(out, 'rare.jsonl'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
writeFileSync(path.join(out, 'rare.official.jsonl'), rare.map(({ id, query }) => answered(id, query)).join('\n') + '\n');
console.log(`${questions.length} queries`);
