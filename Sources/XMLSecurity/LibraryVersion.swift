import CXMLSec

/// The version of libxml2 that the program was built with.
public enum LibraryVersion {
    public static let number = LIBXML_VERSION
}
