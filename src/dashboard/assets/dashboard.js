(() => {

const $ = (selector, inside = document) => inside.querySelector(selector);
const {start, token} = document.body.dataset;

/// Titles may run in the other direction: here they cannot turn what stands around them.
const isolated = (text) => '\u2068' + text + '\u2069';
const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, index) => values[index]);

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  if (text !== undefined) made.textContent = text;
  return made;
}

// ---- What happened, said to everybody ----

let toastTimer;
function say(text) {
  clearTimeout(toastTimer);
  $('#toast').replaceChildren(element('p', text));
  toastTimer = setTimeout(() => $('#toast').replaceChildren(), 10000);
}

// ---- The lists, as they change ----

const keyOf = (node) => node.nodeType === 1 ? node.dataset.key || node.dataset.act : undefined;

/// Makes `from` what `to` is with as few changes as there are, so that focus, selections, and what somebody has opened
/// stay as they are.
function morph(from, to) {
  if (from.nodeType !== 1) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  for (const {name} of [...from.attributes])
    if (!to.hasAttribute(name) && name !== 'open') from.removeAttribute(name);
  for (const {name, value} of to.attributes)
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  morphChildren(from, to);
}

function morphChildren(from, to) {
  const wanted = new Set([...to.children].map(keyOf));
  const known = new Map();
  for (const child of [...from.children]) {
    const key = keyOf(child);
    if (key && !wanted.has(key)) child.remove();
    else if (key) known.set(key, child);
  }
  let at = from.firstChild;
  for (const next of [...to.childNodes]) {
    const key = keyOf(next);
    const same = key ? known.get(key) : at && !keyOf(at) && at.nodeName === next.nodeName ? at : undefined;
    if (!same) {
      from.insertBefore(next, at);
    } else {
      if (same === at) at = at.nextSibling;
      else from.insertBefore(same, at);
      morph(same, next);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

let focusNext;  // {key, what}: the card, and what in it is to be focused as soon as it is there
function focusIfThere() {
  const next = focusNext && $(`[data-key="${CSS.escape(focusNext.key)}"] ${focusNext.what}`);
  if (!next || $('dialog[open]')) return false;
  focusNext = undefined;
  next.focus();
  return true;
}

function show(section, html) {
  const list = $(`#${section}-list`);
  const template = element('template');
  template.innerHTML = html;
  const focused = document.activeElement;
  const had = list.contains(focused);
  morphChildren(list, template.content);
  if (focusIfThere() || !had) return;
  if (!list.contains(focused)) $(`#${section}-heading`).focus();
  else if (document.activeElement !== focused) focused.focus();
}

let events, lostTimer, retryTimer;
function lost(isLost) {
  clearTimeout(lostTimer);
  if (!isLost) $('#lost p').hidden = true;
  else lostTimer = setTimeout(() => { $('#lost p').hidden = false; }, 800);  // not for a page that is just closed
}

let stale = false;  // another start of the daemon: nothing of this page holds any more
function reloadIfStale() {
  if (stale && !$('dialog[open]')) location.reload();
}

function connect() {
  clearTimeout(retryTimer);
  if (events || document.hidden) return;
  events = new EventSource('/events');
  events.addEventListener('hello', (event) => {
    lost(false);
    stale = event.data !== start;
    reloadIfStale();
  });
  for (const {id} of document.querySelectorAll('main > section'))
    events.addEventListener(id, (event) => show(id, event.data));
  events.onerror = () => {
    lost(true);
    if (events.readyState !== EventSource.CLOSED) return;  // it tries again by itself
    disconnect();
    retryTimer = setTimeout(connect, 3000);
  };
}

function disconnect() {
  if (events) events.close();
  events = undefined;
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) disconnect();
  else connect();
});
addEventListener('pagehide', disconnect);
addEventListener('pageshow', connect);

// ---- Asking the daemon ----

/// The answer, as it is; throws an Error with a sentence for a person.
async function ask(method, path, body, signal) {
  const headers = method === 'GET' ? {} : {'X-Hardline-Token': token, 'Content-Type': 'application/json'};
  let response;
  try {
    // The page's own policy is no-referrer, under which some browsers send `Origin: null`: that would be refused.
    response = await fetch(path, {
      method, headers, signal, cache: 'no-store', referrerPolicy: 'same-origin', redirect: 'error',
      body: body && JSON.stringify(body),
    });
  } catch (error) {
    throw error.name === 'AbortError' ? error : new Error(TEXTS.unreachable);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Error((answer.error && answer.error.text) || fill(TEXTS.failed, response.status));
}

const at = (...parts) => '/api/' + parts.map(encodeURIComponent).join('/');

async function copy(link) {
  try {
    await navigator.clipboard.writeText(link);
    return true;
  } catch {
    // Older browsers, and those where it is not allowed.
    const area = element('textarea', link, {className: 'vh', readOnly: true});
    const focused = document.activeElement;
    ($('dialog[open]') || document.body).append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    focused.focus();
    return copied;
  }
}

const copyAndTell = async (link, name) =>
  await copy(link) ? fill(TEXTS.copied, isolated(name)) : fill(TEXTS.copyFailed, link);

// ---- Dialogs ----

const dialog = (name) => $(`#${name}-dialog`);
let opener, about = {};  // what the open dialog is about: the card's data

function openDialog(name, heading) {
  const box = dialog(name);
  opener = document.activeElement;
  for (const error of box.querySelectorAll('.error')) error.textContent = '';
  for (const form of box.querySelectorAll('form')) form.removeAttribute('aria-busy');
  if (heading) $('h2', box).textContent = heading;
  box.showModal();
  return box;
}

for (const box of document.querySelectorAll('dialog'))
  box.addEventListener('close', () => {
    if (!focusIfThere()) (opener && opener.isConnected ? opener : $('#main')).focus();
    reloadIfStale();
  });

/// Aborted when the dialog is closed, after which it may be open again, for something else.
function untilClosed(box) {
  const closing = new AbortController();
  box.addEventListener('close', () => closing.abort(), {once: true});
  return closing.signal;
}

/// Does what a form is for: `work` throws what is to be said in the dialog, or returns what is to be said outside it.
async function submit(form, work) {
  const box = form.closest('dialog');
  const error = $('.error', form);
  if (form.getAttribute('aria-busy') === 'true') return;
  form.setAttribute('aria-busy', 'true');
  error.textContent = '';
  const closed = untilClosed(box);
  try {
    const done = await work(form.elements, closed);
    if (done === undefined) return;
    if (!closed.aborted) box.close();
    say(done);
  } catch (problem) {
    if (closed.aborted) say(problem.message);
    else error.textContent = problem.message;
    if (problem.field) problem.field.focus();
  } finally {
    if (!closed.aborted) form.removeAttribute('aria-busy');
  }
}

function filled(input, complaint) {
  const value = input.value.trim();
  if (value) return value;
  throw Object.assign(new Error(complaint), {field: input});
}

function portOf(input) {
  const text = input.value.trim();
  if (/^\d{1,5}$/.test(text) && text >= 1 && text <= 65535) return Number(text);
  throw Object.assign(new Error(TEXTS.badPort), {field: input});
}

/// A name to begin with, of a title: "My Jellyfin!" is my-jellyfin.
const asName = (title) => title.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '')
  .slice(0, 40);

const pinText = dialog('pin') && $('[type=submit]', dialog('pin')).textContent;
let confirmed;  // the name that may be taken from another service

function openPin(name, link) {
  const box = openDialog('pin');
  const {name: nameField, link: linkField} = $('form', box).elements;
  nameField.value = name;
  linkField.value = link;
  confirmed = undefined;
  $('[type=submit]', box).textContent = pinText;
  const first = name && !link ? linkField : nameField;
  first.focus();
  first.select();
}

async function pin({name, link}) {
  const wanted = filled(name, TEXTS.noName).toLowerCase();
  const target = filled(link, TEXTS.noLink);
  const taken = $(`[data-key="${CSS.escape('pin:' + wanted)}"]`);
  if (taken && taken.dataset.link !== target && confirmed !== wanted) {
    confirmed = wanted;
    $('[type=submit]', dialog('pin')).textContent = TEXTS.replace;
    throw new Error(fill(TEXTS.taken, wanted));
  }
  await ask('PUT', at('names', wanted), {link: target});
  focusNext = {key: 'pin:' + wanted, what: 'a'};
  return fill(TEXTS.pinned, wanted);
}

async function rename({name}) {
  const from = about.name;
  const to = filled(name, TEXTS.noName).toLowerCase();
  if (to !== from) await ask('POST', at('names', from, 'rename'), {to});
  focusNext = {key: 'pin:' + to, what: '[data-act=rename]'};
  return fill(TEXTS.renamed, from, to);
}

async function unpin() {
  const {name} = about;
  await ask('DELETE', at('names', name));
  return fill(TEXTS.unpinned, name);
}

let made;  // the service that was just published
function openPublish() {
  const box = openDialog('publish');
  const form = $('form', box);
  form.reset();
  form.hidden = false;
  $('.done', box).hidden = true;
  form.elements.host.value = '127.0.0.1';
  form.elements.title.focus();
  findServers(form, untilClosed(box));
}

async function findServers(form, closed) {
  const list = $('.found', form);
  const status = $('[role=status]', form);
  list.replaceChildren();
  status.textContent = TEXTS.serversLooking;
  try {
    const {web_servers: servers} = await ask('GET', '/api/web-servers', undefined, closed);
    status.textContent = servers.length ? '' : TEXTS.serversNone;
    list.replaceChildren(...servers.map((server) => {
      const title = server.title || server.server;
      const where = (server.host.includes(':') ? `[${server.host}]` : server.host) + ':' + server.port;
      const button = element('button', fill(TEXTS.serverUse, isolated(title || TEXTS.serverNameless), where),
                             {type: 'button', className: 'btn'});
      button.addEventListener('click', () => {
        const {title: titleField, host, port} = form.elements;
        titleField.value = titleField.value || server.title || '';
        host.value = server.host;
        port.value = server.port;
        titleField.focus();
      });
      const item = element('li');
      item.append(button);
      return item;
    }));
  } catch (problem) {
    if (!closed.aborted) status.textContent = problem.message;
  }
}

async function publish({title, host, port}, closed) {
  const service = {title: filled(title, TEXTS.noTitle), host: filled(host, TEXTS.noAddress), port: portOf(port)};
  const {link} = await ask('POST', '/api/services', service);
  const done = fill(TEXTS.published, isolated(service.title));
  if (!link || closed.aborted) return done;
  const box = dialog('publish');
  made = {link, name: service.title};
  $('form', box).hidden = true;
  const page = $('.done', box);
  $('h2', page).textContent = done;
  $('code', page).textContent = link;
  $('[role=status]', page).textContent = '';
  $('img', page).src = '/qr.svg?text=' + encodeURIComponent(link);
  page.hidden = false;
  $('h2', page).focus();
  say(done);
}

function openEdit() {
  const box = openDialog('edit');
  const {title, host, port} = $('form', box).elements;
  title.value = about.title;
  host.value = about.host || '';
  port.value = about.port || '';
  $('.pair', box).hidden = !about.host;  // a Unix socket's path is in the service file alone
  title.focus();
}

async function edit({title, host, port}) {
  const changes = {title: filled(title, TEXTS.noTitle)};
  if (about.host) Object.assign(changes, {host: filled(host, TEXTS.noAddress), port: portOf(port)});
  await ask('PATCH', at('services', about.id), changes);
  return fill(TEXTS.saved, isolated(changes.title));
}

async function setPaused(paused) {
  const {id, name, key} = about;
  try {
    await ask('PATCH', at('services', id), {paused});
    focusNext = {key, what: paused ? '[data-act=resume]' : '[data-act=pause]'};
    focusIfThere();
    say(fill(paused ? TEXTS.paused : TEXTS.resumed, isolated(name)));
  } catch (problem) {
    say(problem.message);
  }
}

async function remove() {
  const {id, name} = about;
  const {kept_in: folder} = await ask('DELETE', at('services', id));
  return fill(TEXTS.removed, isolated(name), folder);
}

// ---- Why? ----

const inWords = (ms) => ms < 1000 ? fill(TEXTS.milliseconds, ms) : fill(TEXTS.seconds, (ms / 1000).toFixed(1));
const teller = ({source_text: text, by}) => by ? `${text} (${by})` : text;

function row(cells) {
  const line = element('tr');
  line.append(...cells.map((cell) => element('td', cell)));
  return line;
}

function attemptRow(attempt) {
  const result = attempt.error ? attempt.error.text : attempt.won ? TEXTS.whyWon : TEXTS.whyAlso;
  return row([attempt.address, teller(attempt), result, inWords(attempt.took_ms)]);
}

function sourceRow(source) {
  const states = {waiting: TEXTS.whyWaiting, asked: TEXTS.whyAsking, ended: TEXTS.whyEnded};
  const found = source.unusable ? fill(TEXTS.whyUnusable, source.candidates, source.unusable) : source.candidates;
  return row([teller(source), source.error ? source.error.text : states[source.state] || source.state, found]);
}

async function why() {
  const box = openDialog('why', fill(TEXTS.whyWhat, isolated(about.name)));
  const outcome = $('.outcome', box), progress = $('progress', box), tables = $('.found-out', box);
  const closed = untilClosed(box);
  const began = Date.now();
  const tell = () => { outcome.textContent = fill(TEXTS.whySearching, Math.floor((Date.now() - began) / 5000) * 5); };
  tables.hidden = true;
  progress.hidden = false;
  tell();
  const ticking = setInterval(tell, 5000);
  try {
    const {reached, winner, took_ms: took, attempts, sources} =
      await ask('GET', '/api/why?name=' + encodeURIComponent(about.name), undefined, closed);
    const best = attempts[winner];
    outcome.textContent = reached && best ?
      fill(TEXTS.whyReached, best.address, teller(best), inWords(best.began_ms + best.took_ms)) :
      fill(TEXTS.whyNotReached, inWords(took));
    if (!attempts.length) outcome.textContent += ' ' + TEXTS.whyNoneTried;
    $('#why-tried + .scroll tbody').replaceChildren(...attempts.map(attemptRow));
    $('#why-tried').parentElement.hidden = !attempts.length;
    $('#why-asked + .scroll tbody').replaceChildren(...sources.map(sourceRow));
    tables.hidden = false;
  } catch (problem) {
    if (closed.aborted) return;
    outcome.textContent = '';
    $('.error', box).textContent = problem.message;
  } finally {
    clearInterval(ticking);
    if (!closed.aborted) progress.hidden = true;
  }
}

// ---- Who does what ----

const actions = {
  'pin': () => openPin(asName(about.name), about.link),
  'pin-link': () => openPin('', ''),
  'copy': async () => say(await copyAndTell(about.link, about.name)),
  'copy-made': async () => {
    const outcome = await copyAndTell(made.link, made.name);
    $('.done [role=status]', dialog('publish')).textContent = outcome;
  },
  'rename': () => {
    const field = $('form', openDialog('rename')).elements.name;
    field.value = about.name;
    field.select();
  },
  'unpin': () => openDialog('unpin', fill(TEXTS.unpinWhat, about.name)),
  'why': why,
  'publish': openPublish,
  'edit': openEdit,
  'pause': () => setPaused(true),
  'resume': () => setPaused(false),
  'remove': () => openDialog('remove', fill(TEXTS.removeWhat, isolated(about.name))),
  'close': (button) => button.closest('dialog').close(),
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (!button) return;
  const card = button.closest('[data-key]');
  if (card) about = {...card.dataset};
  focusNext = undefined;  // whoever goes on is left where they are
  actions[button.dataset.act](button);
});

const forms = {pin, rename, unpin, publish, edit, remove};
for (const [name, work] of Object.entries(forms)) {
  const form = dialog(name) && $('form', dialog(name));
  if (!form) continue;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(form, work);
  });
}

// A name that nobody has leads here (`/?pin=NAME`). What it is to lead to, only a person says.
const unknown = new URLSearchParams(location.search).get('pin');
if (location.search) history.replaceState(null, '', '/' + location.hash);
if (unknown && /^[a-z0-9-]{1,63}$/i.test(unknown) && dialog('pin')) openPin(unknown.toLowerCase(), '');

connect();
})();
