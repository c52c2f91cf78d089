-- After the package's own script: what makes Glewlwyd faster and changes nothing that it does.

-- Without these, each use of a code or a token walks through all that were given out before it, and the server gets slower while it is measured.
CREATE INDEX bench_code_scope ON gpo_code_scope (gpoc_id);
CREATE INDEX bench_code_scheme ON gpo_code_scheme (gpoc_id);
CREATE INDEX bench_refresh_token ON gpo_refresh_token (gpoc_id);
CREATE INDEX bench_refresh_token_scope ON gpo_refresh_token_scope (gpor_id);
CREATE INDEX bench_access_token ON gpo_access_token (gpor_id);
CREATE INDEX bench_access_token_scope ON gpo_access_token_scope (gpoa_id);
CREATE INDEX bench_id_token ON gpo_id_token (gpoc_id);
CREATE INDEX bench_id_token_refresh ON gpo_id_token (gpor_id);

-- It parses these settings several times in each request. Of the forty properties a client may have, these are used.
UPDATE g_user_module_instance SET gumi_parameters = '{"use-glewlwyd-connection": true, "data-format": {}}';
UPDATE g_client_module_instance SET gcmi_parameters = '{"use-glewlwyd-connection": true, "data-format": {
  "redirect_uri": {"multiple": true, "read": true, "write": true},
  "authorization_type": {"multiple": true, "read": true, "write": true},
  "token_endpoint_auth_method": {"multiple": true, "read": true, "write": true},
  "client_secret": {"multiple": false, "read": true, "write": true}}}';
