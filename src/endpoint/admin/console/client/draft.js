/*
 * What was typed into the wizard so far: it survives a reload or signing in again, in this tab. There is no secret in it.
 */
import { kinds } from './kinds.js';

const key = 'tongxing.console.draft';

export const emptyDraft = () => ({ step: 0, kind: 'web', sandbox: false, clientId: '', agencyId: '', metadata: { ...kinds.web.metadata } });

export function loadDraft() {
  try {
    const draft = JSON.parse(sessionStorage.getItem(key));
    return draft && draft.kind in kinds ? { ...emptyDraft(), ...draft } : emptyDraft();
  } catch {
    return emptyDraft();
  }
}

export const saveDraft = (draft) => sessionStorage.setItem(key, JSON.stringify(draft));
export const dropDraft = () => sessionStorage.removeItem(key);
