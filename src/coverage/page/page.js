'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const SEVERITIES = ['High', 'Medium', 'Low', 'Informational'];
  const $ = (id) => document.getElementById(id);
  const byId = new Map(data.rules.map((rule) => [rule.id, rule]));
  const subNames = new Map();
  for (const column of data.matrix) {
    for (const cell of column.cells) for (const sub of cell.subs || []) subNames.set(sub.id, `${cell.name}: ${sub.name}`);
  }

  /** Makes an element: `make('p', {class: 'x'}, 'text', child)`. Text is never parsed as markup. */
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (name === 'style') element.style.cssText = value;
      else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  };
  /** Text whose parts in backticks are code. */
  const rich = (text) => text.split('`').map((part, index) => (index % 2 === 1 ? make('code', {}, part) : part));
  const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

  /** What a search looks at, once for each rule. */
  for (const rule of data.rules) {
    rule.haystack = [rule.name, rule.description, rule.id, rule.file, rule.query, ...rule.tactics, ...rule.techniques,
      ...rule.techniques.map((id) => subNames.get(id) || ''), ...rule.tags, ...rule.tables].join('\n').toLowerCase();
  }

  const state = { text: '', severities: new Set(), tag: '', status: '', gaps: false, tab: 'attack', sort: 'name', down: false, open: null };

  const matches = (rule) => {
    if (state.severities.size > 0 && !state.severities.has(rule.severity)) return false;
    if (state.tag && !rule.tags.includes(state.tag)) return false;
    if (state.status === 'on' && !rule.enabled) return false;
    if (state.status === 'off' && rule.enabled) return false;
    if (['deployed', 'pending', 'foreign'].includes(state.status) && rule.state !== state.status) return false;
    return state.text.split(/\s+/).every((word) => rule.haystack.includes(word));
  };
  let shown = new Set();

  // Theme: what the system says, until somebody chooses.
  const THEMES = ['auto', 'light', 'dark'];
  let theme = 'auto';
  try { theme = localStorage.getItem('rulepost-theme') || 'auto'; } catch { /* storage may be off for local files */ }
  const applyTheme = () => {
    if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', theme);
    $('theme').textContent = `Theme: ${theme}`;
  };
  $('theme').addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    try { localStorage.setItem('rulepost-theme', theme); } catch { /* as above */ }
    applyTheme();
  });
  applyTheme();

  const drawFigures = () => {
    const s = data.summary;
    const where = data.workspace ? `Rule files and the workspace ${data.workspace}` : 'Rule files';
    $('subtitle').textContent = `${where} · ATT&CK v${data.attack}`;
    const figure = (value, of, label) => make('div', { class: 'figure' },
      make('span', { class: 'label' }, label), make('span', { class: 'value' }, String(value), make('small', {}, ` of ${of}`)),
      make('span', { class: 'meter', 'aria-hidden': 'true' }, make('i', { style: `width: ${(100 * value / Math.max(1, of)).toFixed(1)}%` })));
    const tactics = data.matrix.filter((column) => column.cells.length > 0).length;
    const bar = make('div', { class: 'bar', 'aria-hidden': 'true' });
    const legend = make('div', { class: 'legend' });
    for (const severity of SEVERITIES) {
      const count = s.severities[severity] || 0;
      if (count === 0) continue;
      bar.append(make('i', { class: `bg-${severity}`, style: `flex: ${count}` }));
      legend.append(make('span', {}, make('span', { class: `swatch bg-${severity}`, 'aria-hidden': 'true' }), `${severity} `, make('b', {}, String(count))));
    }
    if (data.workspace) {
      const files = data.rules.filter((rule) => rule.state !== 'foreign');
      $('figures').classList.add('six');
      $('figures').append(figure(files.filter((rule) => rule.state === 'deployed').length, files.length, 'Files deployed'));
    }
    $('figures').append(figure(s.enabled, s.rules, 'Rules on'), figure(s.techniques, s.techniquesTotal, 'ATT&CK techniques'),
      figure(s.tactics, tactics, 'Tactics'), figure(s.storageTechniques, s.storageTotal, 'Storage matrix'),
      make('div', { class: 'figure wide' }, make('span', { class: 'label' }, 'Rules by severity'), bar, legend));
  };

  const drawFilters = () => {
    for (const severity of SEVERITIES.filter((name) => data.summary.severities[name])) {
      $('severities').append(make('button', { type: 'button', class: severity, 'aria-pressed': 'false', 'data-severity': severity, onclick: (event) => {
        if (state.severities.has(severity)) state.severities.delete(severity); else state.severities.add(severity);
        event.currentTarget.setAttribute('aria-pressed', String(state.severities.has(severity)));
        draw();
      } }, severity));
    }
    const tags = [...new Set(data.rules.flatMap((rule) => rule.tags))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    for (const tag of tags) $('tag').append(make('option', { value: tag }, tag));
    const statuses = [['', 'any'], ['on', 'on'], ['off', 'off']];
    if (data.workspace) statuses.push(['deployed', 'deployed'], ['pending', 'files only'], ['foreign', 'workspace only']);
    for (const [value, label] of statuses) $('status').append(make('option', { value }, label));
    $('text').addEventListener('input', (event) => { state.text = event.target.value.trim().toLowerCase(); draw(); });
    $('tag').addEventListener('change', (event) => { state.tag = event.target.value; draw(); });
    $('status').addEventListener('change', (event) => { state.status = event.target.value; draw(); });
    $('gaps').addEventListener('change', (event) => { state.gaps = event.target.checked; draw(); });
    $('filters').addEventListener('submit', (event) => event.preventDefault());
    $('filters').addEventListener('reset', () => {
      Object.assign(state, { text: '', tag: '', status: '', gaps: false });
      state.severities.clear();
      for (const chip of $('severities').children) chip.setAttribute('aria-pressed', 'false');
      setTimeout(draw);
    });
  };

  /** Pills that count rules by severity, and one for rules that are off. */
  const pills = (rules) => {
    const result = [];
    for (const severity of SEVERITIES) {
      const count = rules.filter((rule) => rule.enabled && rule.severity === severity).length;
      if (count > 0) result.push(make('span', { class: `pill ${severity}` }, `${count} ${severity === 'Informational' ? 'Info' : severity}`));
    }
    const off = rules.filter((rule) => !rule.enabled).length;
    if (off > 0) result.push(make('span', { class: 'pill plain' }, `${off} off`));
    return result;
  };
  const spoken = (rules) => {
    if (rules.length === 0) return 'no rule';
    const parts = SEVERITIES.map((severity) => [rules.filter((rule) => rule.enabled && rule.severity === severity).length, severity])
      .filter(([count]) => count > 0).map(([count, severity]) => `${count} ${severity.toLowerCase()}`);
    const off = rules.filter((rule) => !rule.enabled).length;
    if (off > 0) parts.push(`${off} off`);
    return `${plural(rules.length, 'rule')}: ${parts.join(', ')}`;
  };

  const drawCell = (column, cell, most) => {
    const rules = cell.rules.filter((id) => shown.has(id)).map((id) => byId.get(id));
    const on = rules.filter((rule) => rule.enabled).length;
    const kind = rules.length === 0 ? 'gap' : on === 0 ? 'off' : 'hit';
    const share = on === 0 ? 0 : 6 + 20 * Math.log(on + 1) / Math.log(most + 1);
    const key = `${column.tactic}/${cell.id}`;
    const counts = pills(rules);
    return make('button', { type: 'button', class: `cell ${kind}`, style: `--share: ${share.toFixed(1)}%`, tabindex: '-1', 'data-key': key,
      'aria-haspopup': 'dialog', 'aria-expanded': String(state.open === key),
      onclick: (event) => openCell(column, cell, event.currentTarget) },
      make('span', { class: 'name' }, cell.name), ' ',
      make('span', { class: counts.length > 1 ? 'meta many' : 'meta' }, make('span', { class: 'id' }, cell.id), ...counts.flatMap((pill) => [' ', pill])),
      make('span', { class: 'sr' }, `${rules.length === 0 ? ' no rule' : ''}, ${column.name}`));
  };

  const drawMatrix = (columns, view) => {
    const counts = columns.flatMap((column) => column.cells.map((cell) => cell.rules.filter((id) => shown.has(id) && byId.get(id).enabled).length));
    const most = Math.max(1, ...counts);
    const matrix = make('div', { class: 'matrix', role: 'group', 'aria-label': 'Matrix; arrow keys move between techniques, Enter opens one', onkeydown: moveInMatrix });
    for (const column of columns) {
      const rules = column.rules.filter((id) => shown.has(id));
      const cells = column.cells.filter((cell) => state.gaps || cell.rules.some((id) => shown.has(id)));
      if (cells.length === 0 && rules.length === 0) continue;
      const hits = column.cells.filter((cell) => cell.rules.some((id) => shown.has(id))).length;
      const list = make('ul', {});
      for (const cell of cells) {
        const item = make('li', {}, drawCell(column, cell, most));
        const subs = (cell.subs || []).filter((entry) => entry.rules.some((id) => shown.has(id)));
        if (subs.length > 0) item.append(make('ul', { class: 'subs' }, ...subs.map((entry) => make('li', {}, drawCell(column, entry, most)))));
        list.append(item);
      }
      const id = `column-${column.tactic}`;
      matrix.append(make('section', { class: 'column', 'aria-labelledby': id },
        make('div', { class: 'head' }, make('h2', { id }, column.name), make('p', {}, `${hits} of ${column.cells.length} · ${plural(rules.length, 'rule')}`)), list));
    }
    if (!matrix.firstChild) view.append(make('p', { class: 'empty' }, 'No rule matches the filters.'));
    else view.append(matrix);
    const first = matrix.querySelector('.cell');
    if (first) first.tabIndex = 0;
  };

  /** One tab stop for the whole matrix; arrow keys move inside it. */
  const moveInMatrix = (event) => {
    const cell = event.target.closest('.cell');
    const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], Home: [-99, 0], End: [99, 0] };
    if (!cell || !steps[event.key]) return;
    event.preventDefault();
    const columns = [...event.currentTarget.querySelectorAll('.column')].map((column) => [...column.querySelectorAll('.cell')]).filter((cells) => cells.length > 0);
    const x = columns.findIndex((cells) => cells.includes(cell));
    const y = columns[x].indexOf(cell);
    const [dx, dy] = steps[event.key];
    const column = columns[Math.min(columns.length - 1, Math.max(0, x + dx))];
    const next = column[Math.min(column.length - 1, Math.max(0, y + dy))];
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };

  const COLUMNS = [['name', 'Rule'], ['severity', 'Severity'], ['status', 'Status'], ['tactics', 'Tactics'], ['techniques', 'Techniques'], ['schedule', 'Schedule']];
  const status = (rule) => {
    const where = { deployed: 'deployed', pending: 'not deployed', foreign: 'workspace only' }[rule.state];
    return [rule.enabled ? 'on' : 'off', where].filter(Boolean).join(', ');
  };
  const sortKey = (rule) => ({ severity: String(SEVERITIES.indexOf(rule.severity)), status: status(rule), tactics: rule.tactics.join(), techniques: rule.techniques.join(), schedule: rule.schedule }[state.sort] || rule.name.toLowerCase());
  const drawRules = (view) => {
    const rules = data.rules.filter((rule) => shown.has(rule.id));
    if (rules.length === 0) { view.append(make('p', { class: 'empty' }, 'No rule matches the filters.')); return; }
    rules.sort((a, b) => sortKey(a).localeCompare(sortKey(b), 'en', { numeric: true }) * (state.down ? -1 : 1));
    const head = make('tr', {}, ...COLUMNS.map(([key, label]) => make('th', { scope: 'col', 'aria-sort': state.sort === key ? (state.down ? 'descending' : 'ascending') : 'none' },
      make('button', { type: 'button', 'data-sort': key, onclick: () => {
        state.down = state.sort === key && !state.down;
        state.sort = key;
        draw();
        document.querySelector(`[data-sort="${key}"]`).focus();
      } }, label))));
    const body = rules.map((rule) => make('tr', {},
      make('th', { scope: 'row' }, make('button', { type: 'button', class: 'link', 'data-rule': rule.id, onclick: (event) => openRule(rule, event.currentTarget) }, rule.name)),
      make('td', {}, make('span', { class: `pill ${rule.severity}` }, rule.severity)),
      make('td', {}, status(rule)), make('td', {}, rule.tactics.map(title).join(', ')),
      make('td', {}, make('span', { class: 'id' }, rule.techniques.join(', '))), make('td', {}, rule.schedule)));
    view.append(make('div', { class: 'scroll' }, make('table', { class: 'rules' }, make('thead', {}, head), make('tbody', {}, ...body))));
  };
  const title = (tactic) => (data.matrix.find((column) => column.tactic === tactic) || { name: tactic }).name;

  // Details.
  let opener = null;
  const show = (heading, key, from, ...children) => {
    opener = from;
    state.open = key;
    $('panel-title').textContent = heading;
    $('panel-body').replaceChildren(...children.filter(Boolean));
    $('panel').hidden = false;
    $('panel-body').scrollTop = 0;
    for (const cell of document.querySelectorAll('.cell[aria-expanded]')) cell.setAttribute('aria-expanded', String(cell.dataset.key === key));
    $('panel-title').focus();
  };
  const hide = () => {
    if ($('panel').hidden) return;
    $('panel').hidden = true;
    const key = state.open;
    state.open = null;
    for (const cell of document.querySelectorAll('.cell[aria-expanded="true"]')) cell.setAttribute('aria-expanded', 'false');
    const again = opener && opener.isConnected ? opener : [...document.querySelectorAll('.cell')].find((cell) => cell.dataset.key === key);
    if (again) again.focus();
  };
  $('close').addEventListener('click', hide);

  const openCell = (column, cell, from) => {
    const weight = (rule) => SEVERITIES.indexOf(rule.severity) + (rule.enabled ? 0 : SEVERITIES.length);
    const rules = cell.rules.filter((id) => shown.has(id)).map((id) => byId.get(id)).sort((a, b) => weight(a) - weight(b));
    const link = make('a', { href: cell.url, rel: 'noreferrer' }, cell.id);
    const intro = make('p', {}, link, ` · ${column.name} · ${spoken(rules)}. `, cell.note ? `${cell.note}.` : '');
    const hidden = cell.rules.length - rules.length;
    show(cell.name, `${column.tactic}/${cell.id}`, from, intro, ...rules.map((rule) => drawRule(rule, rules.length === 1)),
      hidden > 0 ? make('p', {}, `${plural(hidden, 'more rule')} hidden by the filters.`) : null,
      cell.rules.length === 0 ? make('p', {}, 'No rule covers this technique.') : null);
  };
  const openRule = (rule, from) => show(rule.name, rule.id, from, drawRule(rule, true));

  const section = (heading, ...children) => make('section', {}, make('h3', {}, heading), ...children);
  const bullets = (items) => make('ul', {}, ...items.map((item) => make('li', {}, ...[item].flat())));
  const drawRule = (rule, open) => {
    const facts = [['Status', status(rule)], ['Schedule', rule.schedule], ['Kind', rule.kind], ['Tactics', rule.tactics.map(title).join(', ')], ['Techniques', rule.techniques.join(', ')],
      ['Outside the matrix', rule.unplaced.join(', ')], ['Tags', rule.tags.join(', ')], ['Tables', rule.tables.join(', ')], ['Entities', rule.entities.join(', ')], ['File', rule.file], ['Id', rule.id]];
    const list = make('dl', { class: 'facts' });
    for (const [term, value] of facts) if (value) list.append(make('dt', {}, term), make('dd', {}, value));
    const body = make('div', { class: 'body' }, rule.description ? make('p', {}, ...rich(rule.description)) : null, list);
    if (rule.window) body.append(section('Why this window', make('p', {}, ...rich(rule.window))));
    if (rule.parameters.length > 0) {
      body.append(section('Parameters', make('dl', { class: 'parameters' }, ...rule.parameters.flatMap((parameter) => [
        make('dt', {}, make('code', {}, parameter.name), ' ', make('span', {}, parameter.type)),
        make('dd', {}, ...rich(parameter.description), make('code', {}, JSON.stringify(parameter.default)))]))));
    }
    if (rule.falsePositives.length > 0) body.append(section('False positives', bullets(rule.falsePositives.map(rich))));
    if (rule.response.length > 0) body.append(section('Response', bullets(rule.response.map(rich))));
    if (rule.caveats.length > 0) body.append(section('What it assumes', bullets(rule.caveats.map(rich))));
    if (rule.query) body.append(section('Query', make('pre', { tabindex: '0', role: 'group', 'aria-label': 'Query' }, make('code', {}, rule.query))));
    const safe = rule.references.filter((link) => /^https?:/i.test(link));
    if (safe.length > 0) body.append(section('References', bullets(safe.map((link) => make('a', { href: link, rel: 'noreferrer' }, link)))));
    return make('details', { class: 'rule', open }, make('summary', {}, make('span', { class: 'name' }, rule.name), rule.enabled ? null : make('span', { class: 'pill plain' }, 'off'),
      make('span', { class: `pill ${rule.severity}` }, rule.severity)), body);
  };

  const draw = () => {
    shown = new Set(data.rules.filter(matches).map((rule) => rule.id));
    $('count').textContent = `${shown.size} of ${plural(data.rules.length, 'rule')} shown`;
    const fresh = document.createDocumentFragment();
    if (state.tab === 'rules') drawRules(fresh);
    else drawMatrix(state.tab === 'storage' ? data.storage : data.matrix, fresh);
    $('view').replaceChildren(fresh);
  };

  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const select = (tab) => {
    for (const other of tabs) {
      other.setAttribute('aria-selected', String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
    }
    state.tab = tab.id.replace('tab-', '');
    $('view').setAttribute('aria-labelledby', tab.id);
    draw();
  };
  for (const tab of tabs) {
    tab.addEventListener('click', () => select(tab));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      select(next);
      next.focus();
    });
  }
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hide();
    const typing = event.target.closest && event.target.closest('input, select, textarea');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); $('text').focus(); }
  });

  drawFigures();
  drawFilters();
  draw();
})();
