/*
 * Python's Authlib, with Flask.
 */
export const name = 'authlib';
export const title = 'Authlib (Python)';

const quote = (text) => JSON.stringify(text);

function program({ issuer, clientId, scope, redirectUri, method }) {
  return `import os
from authlib.integrations.flask_client import OAuth
from flask import Flask, session

app = Flask(__name__)
app.secret_key = os.environ["SESSION_KEY"]
oauth = OAuth(app)
oauth.register(
    name="tongxing",
    server_metadata_url=${quote(`${issuer}/.well-known/openid-configuration`)},
    client_id=${quote(clientId)},
    client_secret=os.environ["CLIENT_SECRET"],
    client_kwargs={
        "scope": ${quote(scope)},
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": ${quote(method)},
    },
)

@app.route("/")
def sign_in():
    return oauth.tongxing.authorize_redirect(${quote(redirectUri)})

@app.route(${quote(pathOf(redirectUri))})
def callback():
    token = oauth.tongxing.authorize_access_token()
    session["sub"] = token["userinfo"]["sub"]
    return token["userinfo"]
`;
}

function pathOf(address) {
  try {
    return new URL(address).pathname;
  } catch {
    return '/callback';
  }
}

export const blocks = (portal) => [
  { title: 'pip', text: 'pip install authlib flask requests' },
  { title: 'portal.py', text: program(portal) },
];
