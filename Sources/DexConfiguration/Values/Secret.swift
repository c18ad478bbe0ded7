/// A text that must not appear in logs or messages. Printing or dumping it shows `***`.
public struct Secret: Sendable, Hashable {
    /// The text itself. Take it only where it is used.
    public let text: String

    public init(_ text: String) {
        self.text = text
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
