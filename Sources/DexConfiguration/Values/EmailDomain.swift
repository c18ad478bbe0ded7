extension Schema<String> {
    /// The part of an e-mail address behind the `@`, in lower case.
    static var emailDomain: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let labels = text.split(separator: ".", omittingEmptySubsequences: false)
            let isName = labels.allSatisfy { label in
                !label.isEmpty && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
            }
            guard isName else { throw Mistake("\(quoted(text)) is not a domain", hint: "write for example example.com") }
            return text.lowercased()
        }
    }
}
