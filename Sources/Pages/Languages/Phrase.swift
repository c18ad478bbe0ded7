/// Everything that the pages say. Each language answers for every phrase (`Phrase+German.swift` and the others);
/// the compiler sees to it that none is missing. A name in braces is filled in when the page is made.
enum Phrase: String, CaseIterable, Sendable {
    // Signing in
    case signIn, signInTo, emailAddress, username, password, rememberMe, chooseAnother
    case invalidCredentials, tooManyAttempts, tooManyAttemptsFor, unavailable, seconds, minutes, hours
    // Another password
    case newPasswordTitle, newPasswordLead, currentPassword, newPassword, repeatPassword, changePassword
    case passwordsDiffer, passwordUnchanged, passwordWrong, passwordTooShort, passwordTooSimple, passwordUsedBefore
    case passwordTooSoon, passwordNotAllowed, passwordRefused
    // Choosing a connector
    case chooseHow, signInWith, noConnectors
    // Approval
    case grantAccess, clientWants, clientIdentity, signedInAs, approve, reject
    case scopeEmail, scopeProfile, scopeGroups, scopeOffline, scopeFederated, scopeAudience, scopeOther
    // Errors
    case adviceRequest, adviceFinished, adviceForbidden, adviceNotFound, adviceTooMany, adviceServer, requestID
    // Signing in at the edge
    case edgeSignInLead, edgeFailed, edgeExpired, edgeDeclined, edgeRefused, edgeUnavailable, edgeUnknownHost, edgeTooLarge
    case tryAgain
    // A code to copy
    case codeTitle, codeLead, code
    // On the way back to the application
    case continueTitle, continueLead, continueLeadTo, continueButton
    // Signing out
    case signOut, signOutQuestion, signOutOf, signOutNot, signedOut, signedOutLead
    // The issuer's own page
    case landingTitle, landingLead, landingConnect, landingIssuer, landingHelp, discoveryDocument, publicKeys
    // The example application
    case exampleTitle, exampleLead, exampleStart, exampleSignedIn, exampleClaims, exampleClaim, exampleValue
    case exampleDecoded, exampleHeader, examplePayload, exampleTokens, exampleIDToken, exampleAccessToken
    case exampleRefreshToken, exampleExpires, exampleRefresh, exampleAgain, exampleFailed
}
