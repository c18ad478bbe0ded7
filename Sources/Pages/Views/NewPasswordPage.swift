import Bytes

/// The form for another password in place of one that has expired.
public struct NewPasswordPage: Sendable, Hashable {
    /// Why the form is shown again.
    public enum Failure: Sendable, Hashable, CaseIterable {
        /// The two new passwords are not the same.
        case different
        /// The new password is the old one.
        case unchanged
        /// The old password is wrong. Answer 401.
        case wrongPassword
        case tooShort, tooSimple, usedBefore, tooSoon, notAllowed
        /// The rules are not followed; nobody says which.
        case refused
    }

    /// The path and query of this page itself.
    public var postURL: String
    /// Whose password it is, as it was typed.
    public var username: String
    public var failure: Failure?

    public init(postURL: String, username: String, failure: Failure? = nil) {
        self.postURL = postURL
        self.username = username
        self.failure = failure
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        // Without an action a form posts to the page's own address, which is what is meant.
        values.set("postURL", PageURL(local: postURL))
        values.setUnlessEmpty("username", username)
        values.set("lead", words.html(.newPasswordLead, ["user": username]))
        guard let failure else { return }
        values.set("failure", words.html(failure.phrase))
        values.set("oldInvalid", failure == .wrongPassword)
        values.set("newInvalid", failure != .wrongPassword)
    }
}

extension NewPasswordPage.Failure {
    fileprivate var phrase: Phrase {
        switch self {
        case .different: .passwordsDiffer
        case .unchanged: .passwordUnchanged
        case .wrongPassword: .passwordWrong
        case .tooShort: .passwordTooShort
        case .tooSimple: .passwordTooSimple
        case .usedBefore: .passwordUsedBefore
        case .tooSoon: .passwordTooSoon
        case .notAllowed: .passwordNotAllowed
        case .refused: .passwordRefused
        }
    }
}
