/*
 * AppAuth for Android and iOS (RFC 8252).
 */
export const name = 'appauth';
export const title = 'AppAuth (Android, iOS)';

const quote = (text) => JSON.stringify(text);
const schemeOf = (address) => address.split(':')[0];

const android = ({
  issuer,
  clientId,
  scope,
  redirectUri,
}) => `AuthorizationServiceConfiguration.fetchFromIssuer(Uri.parse(${quote(issuer)}), (configuration, failure) -> {
    if (failure != null) return; // tell the person, offer to try again
    AuthorizationRequest request = new AuthorizationRequest.Builder(
        configuration, ${quote(clientId)}, ResponseTypeValues.CODE, Uri.parse(${quote(redirectUri)}))
        .setScope(${quote(scope)})
        .build(); // state, nonce and PKCE are made by AppAuth
    startActivityForResult(new AuthorizationService(context).getAuthorizationRequestIntent(request), SIGN_IN);
});
`;

const gradle = ({ redirectUri }) => `android.defaultConfig.manifestPlaceholders = [appAuthRedirectScheme: ${quote(schemeOf(redirectUri))}]
dependencies { implementation "net.openid:appauth:0.11.1" }
`;

const ios = ({
  issuer,
  clientId,
  scope,
  redirectUri,
}) => `OIDAuthorizationService.discoverConfiguration(forIssuer: URL(string: ${quote(issuer)})!) { configuration, error in
  guard let configuration else { return } // tell the person, offer to try again
  let request = OIDAuthorizationRequest(
    configuration: configuration, clientId: ${quote(clientId)}, scopes: [${scope.split(' ').map(quote).join(', ')}],
    redirectURL: URL(string: ${quote(redirectUri)})!, responseType: OIDResponseTypeCode, additionalParameters: nil)
  self.flow = OIDAuthState.authState(byPresenting: request, presenting: self) { state, error in self.state = state }
}
`;

export const blocks = (portal) => [
  { title: 'Android: build.gradle', text: gradle(portal) },
  { title: 'Android', text: android(portal) },
  { title: 'iOS: Swift', text: ios(portal) },
];
