/*
 * The events that the audit trail holds (include/model/events.def; tests/flow/console_files.test.mjs holds the two together).
 */
export const events = [
  'login', 'login.second_factor', 'logout', 'registration', 'verification', 'disclosure', 'consent', 'code.reuse', 'refresh_token.reuse',
  'client.authentication', 'client.create', 'client.update', 'client.submit', 'client.approve', 'client.reject', 'client.suspend', 'client.resume', 'client.retire',
  'client.secret', 'client.end_sessions', 'agency.create', 'agency.update', 'admin.create', 'admin.approve', 'admin.remove', 'admin.second_factor', 'admin.refused',
  'account.suspend', 'account.resume', 'account.unlock', 'session.end', 'consent.withdraw', 'keys.rotate', 'setting.update', 'initial_access_token.create',
  'initial_access_token.revoke', 'audit.export', 'audit.gap', 'audit.prune', 'backup',
];
