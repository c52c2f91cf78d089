/*
 * One labelled field of a form. What a field is made of:
 *
 *   name     the member it stands for: problems of that name are shown here
 *   label, hint, required
 *   kind     text | email | tel | password | number | area | lines | choice | radio | checks | flag | moment
 *   options  [[value, text, hint?, fixed?]] for choice, radio and checks; compact sets many short ones side by side
 *   value    a string; a list for lines and checks; true or false for flag
 *
 * A field has node, name, get(), set(value), setError(text or ''), focus().
 */
import { freshId, h } from '../core/dom.js';
import { t } from '../core/language.js';

const typeOf = { email: 'email', tel: 'tel', password: 'password', number: 'number', moment: 'datetime-local' };

function plainInput(spec, common) {
  const input = h('input', {
    ...common,
    type: typeOf[spec.kind] ?? 'text',
    value: spec.value ?? '',
    min: spec.least,
    max: spec.most,
    maxlength: spec.longest,
    placeholder: spec.placeholder,
    spellcheck: spec.prose ? undefined : 'false',
    autocomplete: spec.autocomplete ?? 'off',
    step: spec.kind === 'moment' ? '1' : undefined,
  });
  const get = () => (spec.kind === 'number' ? (input.value === '' ? undefined : Number(input.value)) : input.value.trim());
  return { control: input, first: input, get, set: (value) => (input.value = value ?? '') };
}

function area(spec, common) {
  const lines = spec.kind === 'lines';
  const shown = (value) => (lines ? (value ?? []).join('\n') : (value ?? ''));
  const input = h('textarea', { ...common, rows: spec.rows ?? 3, spellcheck: 'false', placeholder: spec.placeholder }, shown(spec.value));
  const get = () =>
    lines
      ? input.value
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean)
      : input.value.trim();
  return { control: input, first: input, get, set: (value) => (input.value = shown(value)) };
}

function choice(spec, common) {
  const select = h(
    'select',
    common,
    spec.options.map(([value, text]) => h('option', { value }, text)),
  );
  select.value = spec.value ?? spec.options[0]?.[0] ?? '';
  return { control: select, first: select, get: () => select.value, set: (value) => (select.value = value) };
}

/* Radio buttons or check boxes, each with its own explanation. */
function group(spec, common) {
  const type = spec.kind === 'radio' ? 'radio' : 'checkbox';
  const chosen = (value) => (type === 'radio' ? spec.value === value : (spec.value ?? []).includes(value));
  const inputs = spec.options.map(([value, , , fixed]) =>
    h('input', { type, name: common.name, id: freshId(common.name), value, checked: chosen(value), disabled: Boolean(fixed) }),
  );
  const rows = spec.options.map(([, text, hint], i) =>
    h('label', { class: 'option', for: inputs[i].id }, inputs[i], h('span', {}, h('b', {}, text), hint && h('small', {}, hint))),
  );
  const values = () => inputs.filter((input) => input.checked).map((input) => input.value);
  const get = () => (type === 'radio' ? values()[0] : values());
  const set = (value) => inputs.forEach((input) => (input.checked = [value].flat().includes(input.value)));
  return { control: h('div', { class: spec.compact ? 'options compact' : 'options' }, rows), first: inputs[0], inputs, get, set };
}

function flag(spec, common) {
  const input = h('input', { ...common, type: 'checkbox', checked: Boolean(spec.value) });
  return { control: input, first: input, get: () => input.checked, set: (value) => (input.checked = Boolean(value)) };
}

const makers = { area, lines: area, choice, radio: group, checks: group, flag };

function frameOf(spec, made, { hintId, errorId, id }) {
  const label = [spec.label, spec.required && h('span', { class: 'required', 'aria-hidden': 'true' }, ` ${t('field.required')}`)];
  const hint = spec.hint && h('p', { class: 'hint', id: hintId }, spec.hint);
  const error = h('p', { class: 'field-error', id: errorId, hidden: true });
  if (made.inputs) {
    const node = h('fieldset', { class: 'field', 'aria-describedby': `${hintId} ${errorId}` }, h('legend', {}, label), hint, made.control, error);
    return { node, error };
  }
  if (spec.kind === 'flag') {
    const node = h(
      'div',
      { class: 'field' },
      h(
        'label',
        { class: 'option', for: id },
        made.control,
        h('span', {}, h('b', {}, spec.label), spec.hint && h('small', { id: hintId }, spec.hint)),
      ),
      error,
    );
    return { node, error };
  }
  return { node: h('div', { class: 'field' }, h('label', { for: id }, label), hint, made.control, error), error };
}

export function field(spec) {
  const id = freshId('field');
  const ids = { id, hintId: `${id}-hint`, errorId: `${id}-error` };
  const common = {
    id,
    name: spec.name,
    'aria-describedby': `${spec.hint ? ids.hintId : ''} ${ids.errorId}`.trim(),
    'aria-required': spec.required && 'true',
    disabled: spec.disabled,
  };
  const made = (makers[spec.kind] ?? plainInput)(spec, common);
  const { node, error } = frameOf(spec, made, ids);
  if (spec.change) node.addEventListener('input', () => spec.change(made.get()));
  const marked = made.inputs ? node : made.first;
  return {
    node,
    name: spec.name,
    get: made.get,
    set: made.set,
    focus: () => made.first?.focus(),
    setError(text) {
      error.textContent = text;
      error.hidden = !text;
      if (text) marked.setAttribute('aria-invalid', 'true');
      else marked.removeAttribute('aria-invalid');
    },
  };
}
