import OpenIDConnect

/// Why a provider cannot start, in words for the operator.
public struct StartError: Error, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }

    init(_ error: StoreError, location: String) {
        description =
            switch error {
            case .overloaded: "\(location): too many operations wait"
            case .busy(let text), .diskFull(let text), .readOnly(let text), .corrupt(let text), .alreadyExists(let text),
                .failed(let text):
                text
            case .newerSchema(let found, let known):
                "\(location): its schema \(found) was written by a newer program; this one knows schema \(known). Use that program again, or a copy from before"
            }
    }
}
