/*
 * Registering a client system, step by step. Each step is checked by the server before the next is shown; at the end the secret is shown once,
 * with settings to copy.
 */
import { busyButton, button, h, whileBusy } from '../core/dom.js';
import { api, encode } from '../core/api.js';
import { t } from '../core/language.js';
import { dropDraft, emptyDraft, loadDraft, saveDraft } from '../client/draft.js';
import { filled, groups, put } from '../client/fields.js';
import { credentialsBox, librarySettings } from '../client/handover.js';
import { changeKind, kindOptions } from '../client/kinds.js';
import { diff } from '../widgets/diff.js';
import { field } from '../widgets/field.js';
import { missing, showErrors, valuesOf } from '../widgets/form.js';
import { errorList, note, problemBox } from '../widgets/notice.js';
import { problemText } from '../texts/problems.js';
import { agencyOptions } from './agencies.js';
import { heading } from './frame.js';

const steps = ['kind', 'names', 'addresses', 'proof', 'credentials', 'check'];
const typingPause = 600; /* ms without a key before the server is asked */

let made; /* the client system just registered, with its secret: kept through a change of language, gone with the view */

/* A service has no redirect URIs: that step is left out. */
const stepsOf = (draft) => steps.filter((step) => !(step === 'addresses' && draft.kind === 'service'));

function kindSpecs(draft) {
  return [
    { name: 'kind', label: t('wizard.kind'), kind: 'radio', options: kindOptions(), value: draft.kind },
    { name: 'sandbox', label: t('wizard.sandbox'), hint: t('wizard.sandbox.hint'), kind: 'flag', value: draft.sandbox },
  ];
}

function nameSpecs(draft, agencies, me) {
  const agency = {
    name: 'agency_id',
    label: t('member.agency_id'),
    hint: t('hint.agency_id'),
    kind: 'choice',
    value: draft.agencyId,
    options: [['', t('agency.none')], ...agencies],
  };
  const id = { name: 'client_id', label: t('member.client_id'), hint: t('hint.client_id'), value: draft.clientId, longest: 100 };
  return [...filled(groups.names(draft.kind), draft.metadata), ...(me.role === 'developer' ? [] : [agency]), id];
}

function specsOf(step, draft, agencies, me) {
  if (step === 'kind') return kindSpecs(draft);
  if (step === 'names') return nameSpecs(draft, agencies, me);
  if (step === 'check') return [];
  return filled(groups[step](draft.kind), draft.metadata);
}

/* What was typed into a step, written back into the draft. */
function take(step, draft, values) {
  if (step === 'kind') {
    const kind = values.kind ?? draft.kind;
    const metadata = put(kind === draft.kind ? draft.metadata : changeKind(draft.metadata, kind), { tongxing_sandbox: values.sandbox });
    return { ...draft, kind, sandbox: values.sandbox, metadata };
  }
  const { client_id = draft.clientId, agency_id = draft.agencyId, ...members } = values;
  return { ...draft, clientId: client_id, agencyId: agency_id, metadata: put(draft.metadata, members) };
}

const validate = async (draft, signal) => (await api('POST', 'clients/validate', { body: { metadata: draft.metadata }, signal })).errors ?? [];

/* Which step has the field of an error; the last one shows those that none has. */
function stepOf(error, draft, agencies, me) {
  const names = stepsOf(draft);
  const found = names.findIndex((step) => specsOf(step, draft, agencies, me).some((spec) => spec.name === error.field));
  return found < 0 ? names.length - 1 : found;
}

function progress(draft, current) {
  const names = stepsOf(draft);
  return h(
    'ol',
    { class: 'steps', 'aria-label': t('wizard.steps') },
    names.map((step, i) =>
      h(
        'li',
        { 'aria-current': i === current ? 'step' : undefined, class: i < current ? 'past' : '' },
        h('span', { class: 'step-number' }, `${i + 1}`),
        h('span', { class: 'step-name' }, t(`wizard.step.${step}`)),
      ),
    ),
  );
}

/* While typing: problems of fields that have been touched, without moving the focus. */
function watch(fields, node, step, draftNow, signal) {
  const touched = new Set();
  let timer;
  const ask = async () => {
    const errors = await validate(take(step, draftNow(), valuesOf(fields)), signal).catch(() => undefined);
    if (!errors) return;
    for (const one of fields.filter((candidate) => touched.has(candidate.name))) {
      one.setError(problemText(errors.find((error) => error.field === one.name)?.detail ?? ''));
    }
  };
  node.addEventListener('input', (event) => {
    touched.add(event.target.name);
    clearTimeout(timer);
    timer = setTimeout(ask, typingPause);
  });
  signal.addEventListener('abort', () => clearTimeout(timer));
}

function overview(draft) {
  const agency = draft.agencyId ? note(`${t('member.agency_id')}: ${draft.agencyName ?? draft.agencyId}`) : '';
  return h(
    'div',
    {},
    h('p', {}, t('wizard.check.text')),
    agency,
    diff({}, { ...(draft.clientId && { client_id: draft.clientId }), ...draft.metadata }, { left: t('diff.before'), right: t('diff.new') }),
  );
}

async function create(draft) {
  const body = {
    metadata: draft.metadata,
    ...(draft.clientId && { client_id: draft.clientId }),
    ...(draft.agencyId && { agency_id: draft.agencyId }),
  };
  const client = await api('POST', 'clients', { body });
  made = { client, credentials: client.credentials };
  dropDraft();
}

function doneView({ go }) {
  const { client, credentials } = made;
  const leave = () => {
    made = undefined;
    go(`#/clients/${encode(client.client_id)}`);
  };
  const place = h('div');
  const submit = async () => {
    try {
      made.client = await api('POST', `clients/${encode(client.client_id)}/submit`, { version: client.version });
      made.submitted = true;
      place.replaceChildren(note(t('wizard.submitted'), 'good'));
    } catch (problem) {
      place.replaceChildren(problemBox(problem));
    }
  };
  const mayAsk = client.actions?.includes('submit') && !made.submitted;
  return h(
    'section',
    { class: 'stack' },
    heading(t('wizard.done')),
    note(t(client.sandbox ? 'wizard.done.sandbox' : 'wizard.done.draft'), 'good'),
    credentialsBox(client, credentials),
    mayAsk &&
      h(
        'section',
        { class: 'card' },
        h('h2', {}, t('wizard.submit')),
        h('p', {}, t('wizard.submit.text')),
        busyButton(t('client.submit'), submit),
        place,
      ),
    librarySettings(client),
    h('div', { class: 'buttons' }, button(t('wizard.finish'), leave)),
  );
}

export async function view(context) {
  const { me, signal } = context;
  signal.addEventListener('abort', () => location.hash !== '#/clients/new' && (made = undefined));
  if (made) return doneView(context);
  const agencies = await agencyOptions(signal);
  let draft = loadDraft();
  const place = h('div', { class: 'wizard' });

  const keep = (changed) => {
    draft = { ...changed, agencyName: Object.fromEntries(agencies)[changed.agencyId] };
    saveDraft(draft);
  };
  const goTo = (step, errors = []) => {
    keep({ ...draft, step });
    drawStep(errors);
  };
  const startOver = () => {
    dropDraft();
    draft = emptyDraft();
    drawStep([]);
  };

  async function next(specs, fields, problems) {
    const last = stepsOf(draft).length - 1;
    const empty = missing(fields, specs);
    if (empty.length) return void showErrors(fields, empty);
    try {
      const errors = await validate(draft, signal);
      const here = errors.filter((error) => fields.some((one) => one.name === error.field) || stepOf(error, draft, agencies, me) < draft.step);
      if (draft.step === last ? errors.length : here.length) {
        const first = Math.min(...errors.map((error) => stepOf(error, draft, agencies, me)));
        if (first < draft.step) goTo(first, errors);
        else problems.replaceChildren(...[showErrors(fields, errors)].filter((left) => draft.step === last && left.length).map(errorList));
        return;
      }
      if (draft.step < last) return void goTo(draft.step + 1);
      await create(draft);
      context.reload();
    } catch (problem) {
      if (problem.status === 409 && draft.clientId)
        return void goTo(stepOf({ field: 'client_id' }, draft, agencies, me), [{ field: 'client_id', detail: problem.detail }]);
      if (problem.errors?.length && draft.step === last) return void goTo(stepOf(problem.errors[0], draft, agencies, me), problem.errors);
      problems.replaceChildren(problemBox(problem));
    }
  }

  function drawStep(errors) {
    const names = stepsOf(draft);
    const current = Math.min(draft.step, names.length - 1);
    const step = names[current];
    const last = current === names.length - 1;
    const specs = specsOf(step, draft, agencies, me);
    const fields = specs.map(field);
    const problems = h('div', { class: 'form-problems' });
    const forward = h('button', { type: 'submit', 'data-next': step }, t(last ? 'wizard.create' : 'wizard.next'));
    const back = () => {
      keep(take(step, draft, valuesOf(fields)));
      goTo(current - 1);
    };
    const submit = (event) => {
      event.preventDefault();
      keep({ ...take(step, draft, valuesOf(fields)), step: current });
      whileBusy(forward, () => next(specs, fields, problems));
    };
    const title = h('h2', { tabindex: '-1' }, t('wizard.title', { number: current + 1, of: names.length, name: t(`wizard.step.${step}`) }));
    const node = h(
      'form',
      { class: 'stack card', novalidate: true, on: { submit } },
      title,
      h('p', { class: 'hint' }, t(`wizard.about.${step}`)),
      last ? overview(draft) : fields.map((one) => one.node),
      problems,
      h(
        'div',
        { class: 'buttons' },
        forward,
        current > 0 && button(t('wizard.back'), back, { class: 'quiet' }),
        button(t('wizard.start_over'), startOver, { class: 'quiet' }),
      ),
    );
    watch(fields, node, step, () => draft, signal);
    node.addEventListener('input', () => keep(take(step, draft, valuesOf(fields))));
    place.replaceChildren(progress(draft, current), node);
    const left = showErrors(fields, errors);
    if (last && left.length) problems.replaceChildren(errorList(left));
    if (place.isConnected && !errors.length) title.focus();
  }
  drawStep([]);
  return h('section', {}, heading(t('clients.new')), place);
}
