// What the dashboard says in English, but for states and quantities (api/words.hpp, base/words.hpp): the page, and what
// its script says later.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "hardline/api/words.hpp"

namespace hardline::dashboard::texts {

using Text = std::string_view;

// The frame.
inline constexpr Text kTitle = "Hardline";
inline constexpr Text kSkip = "Skip to the services";
inline constexpr Text kSections = "Sections";
inline constexpr Text kNoScript =
    "Scripts are off in this browser. Lists and links work, but you cannot change anything; reload the page to update "
    "it.";
inline constexpr Text kReadOnly = "Changes are disabled by the configuration; this page is read-only.";
inline constexpr Text kLost = "Lost the connection to hardlined. Trying again…";
inline constexpr Text kFooter =
    "This page comes from Hardline on this computer. Nothing on it was loaded from anywhere else.";

// Sections.
inline constexpr Text kLan = "On this network";
inline constexpr Text kLanHint = "Services answering on your local network right now.";
inline constexpr Text kLanOff = "Local network discovery is switched off by the configuration.";
inline constexpr Text kLanEmpty = "Nothing found yet.";
inline constexpr Text kLanEmptyAdvice =
    "Publish a service with hardlined on another computer of this network: it shows up here within seconds.";
inline constexpr Text kYours = "Yours";
inline constexpr Text kYoursHint = "Services you have named. They open from anywhere.";
inline constexpr Text kYoursEmpty = "No names yet.";
inline constexpr Text kYoursEmptyAdvice =
    "Pin a service found on this network, or a link that someone gave you. It then opens under a short name.";
inline constexpr Text kPublished = "Published here";
inline constexpr Text kPublishedHint = "Services on this computer. Anyone with the link can open them.";
inline constexpr Text kPublishedEmpty = "Nothing is published here.";
inline constexpr Text kPublishedEmptyAdvice =
    "Publish a web server running on this computer or your network: it gets a link that works from anywhere.";
inline constexpr Text kComputer = "This computer";
inline constexpr Text kComputerHint = "How Hardline is doing on this computer.";

// Actions. Hidden text behind them says which service is meant.
inline constexpr Text kOpen = "Open";
inline constexpr Text kPin = "Pin";
inline constexpr Text kPinLink = "Pin a link";
inline constexpr Text kCopyLink = "Copy link";
inline constexpr Text kQrCode = "QR code";
inline constexpr Text kRename = "Rename";
inline constexpr Text kUnpin = "Unpin";
inline constexpr Text kWhy = "Why?";
inline constexpr Text kEdit = "Edit";
inline constexpr Text kPause = "Pause";
inline constexpr Text kResume = "Resume";
inline constexpr Text kRemove = "Remove";
inline constexpr Text kPublish = "Publish";
inline constexpr Text kPublishService = "Publish a service";
inline constexpr Text kSave = "Save";
inline constexpr Text kCancel = "Cancel";
inline constexpr Text kClose = "Close";
inline constexpr Text kQrAlt = "QR code of the link to {}";

// A service of the network.
inline constexpr Text kUntitled = "Untitled service";
inline constexpr Text kHeard = "Heard {}";
inline constexpr Text kAtMachine = "at {}";
inline constexpr Text kOnThisComputer = "on this computer";
inline constexpr Text kAndMoreMachines = " and {} more";
inline constexpr Text kIdentity = "ID {}";
inline constexpr Text kPinnedAs = "Pinned as {}";
inline constexpr Text kPublishedByYou = "Published by this computer";

// A service with a name.
inline constexpr Text kNeverOpened = "Not opened yet";
inline constexpr Text kHereNow = "On this network now";
inline constexpr Text kReached = "Reached {} {}";
inline constexpr std::array<std::pair<Text, Text>, 5> kWays = {{{"lan", "over the local network"},
                                                                {"remembered", "at a remembered address"},
                                                                {"dht", "through the DHT"},
                                                                {"dht_proxy", "through a DHT proxy"},
                                                                {"this_machine", "on this computer"}}};
inline constexpr Text kMissed = "Not reached {}: {}";
inline constexpr Text kMissedSilently = "Not reached {}";

// A service of this computer.
inline constexpr Text kUp = "Up";
inline constexpr Text kDown = "Down";
inline constexpr Text kDownBecause = "Down: {}";
inline constexpr Text kNotChecked = "Checking…";
inline constexpr Text kPaused = "Paused: nobody can open it";
inline constexpr Text kFrom = "From {}";
inline constexpr Text kOpenNow = ", {} open now";
inline constexpr Text kUnlisted = "Not listed on this network";
inline constexpr Text kLanOnly = "Not announced on the internet";
inline constexpr Text kFixed =
    "Cannot be changed here: it comes from the command line, or hardlined may not write to its folder";

// How reachable this computer is.
inline constexpr Text kReachNothing = "Nothing is published here, so nobody needs to reach this computer";
inline constexpr Text kReachable = "Reachable from the internet at {}";
inline constexpr Text kReachableBySix = "Reachable from the internet over IPv6 only, at {}";
inline constexpr Text kAlsoAt = "Also at {}.";
inline constexpr Text kReachUnknown = "Looking for a way in from the internet…";
inline constexpr Text kReachUnknownText = "No one outside has reported this computer's address yet.";
inline constexpr Text kReachOff = "On this network only";
inline constexpr Text kReachOffText =
    "Both ways to be reached from the internet are switched off: port mapping and the DHT.";
inline constexpr Text kUnreachable = "Not reachable from the internet";
inline constexpr Text kOnTheLanItIs = "It can be reached on this network.";
inline constexpr Text kNobodyFinds =
    "Others look it up in the DHT, which this computer is not connected to: only those who have opened it before will "
    "find it.";

inline constexpr Text kRouter = "Router";
inline constexpr Text kPublicAddress = "Public address";
inline constexpr Text kSaysWho = "{} (according to {})";
inline constexpr Text kNotKnown = "Unknown";
inline constexpr Text kDht = "DHT";
inline constexpr Text kDhtOff = "Switched off by the configuration";
inline constexpr Text kDhtByProxy = "Through the proxy {}";
inline constexpr Text kLocalNetwork = "Local network";
inline constexpr Text kOn = "On";
inline constexpr Text kOff = "Switched off by the configuration";
inline constexpr Text kPorts = "Ports";
inline constexpr Text kPortsText = "{} for other computers, {} for this one";
inline constexpr Text kConnected = "Connected now";
inline constexpr Text kConnectedText = "{} from other computers, {} from browsers here";
inline constexpr Text kVersion = "Version";
inline constexpr Text kVersionText = "{}, running for {}";
inline constexpr Text kProblems = "Recent problems ({})";
inline constexpr Text kNoProblems = "No problems since it started.";
inline constexpr Text kError = "Error";
inline constexpr Text kWarning = "Warning";

// Time. Ages are told coarsely, so that a page that nobody touches does not change all the time.
inline constexpr Text kJustNow = "just now";
inline constexpr Text kLessThanAMinute = "less than a minute";

// Dialogs.
inline constexpr Text kPinHeading = "Pin a service";
inline constexpr Text kName = "Name";
inline constexpr Text kNameHint =
    "Letters, digits and dashes. The service opens at NAME.localhost:{}, on this computer.";
inline constexpr Text kLink = "Link";
inline constexpr Text kLinkHint =
    "The link its owner gave you, like http://….localhost:{}/. If it has a password before the long code, include "
    "it.";
inline constexpr Text kRenameHeading = "Rename";
inline constexpr Text kNewName = "New name";
inline constexpr Text kUnpinHeading = "Unpin";
inline constexpr Text kUnpinText =
    "The name is forgotten, and the link too unless you saved it elsewhere. The service itself is not affected.";
inline constexpr Text kPublishHeading = "Publish a service";
inline constexpr Text kServiceTitle = "Title";
inline constexpr Text kServiceTitleHint = "What others see in their lists.";
inline constexpr Text kAddress = "Address";
inline constexpr Text kAddressHint = "The machine that runs it; 127.0.0.1 is this computer.";
inline constexpr Text kPort = "Port";
inline constexpr Text kFoundServers = "Web servers found on this computer";
inline constexpr Text kPublishedDone = "Anyone with this link can open it:";
inline constexpr Text kEditHeading = "Edit";
inline constexpr Text kRemoveHeading = "Remove";
inline constexpr Text kRemoveText =
    "It is no longer published, and its link stops working. Its certificate is kept, so that it can come back under "
    "the same link.";
inline constexpr Text kWhyHeading = "How it is found";
inline constexpr Text kWhyProgress = "Progress of the search";
inline constexpr Text kWhyAsked = "Who was asked";
inline constexpr Text kWhyTried = "What was tried";
inline constexpr Text kAddresses = "Addresses";
inline constexpr Text kResult = "Result";
inline constexpr Text kWho = "Who";
inline constexpr Text kToldBy = "Source";
inline constexpr Text kTook = "Took";

// Answers of the walls.
inline constexpr Text kWrongHostTitle = "This is not the dashboard's address";
inline constexpr Text kWrongHost = "The dashboard is at http://localhost:{0}/ and http://hardline.localhost:{0}/.";
inline constexpr Text kCrossSiteTitle = "Not for other sites";
inline constexpr Text kCrossSite =
    "The dashboard is for people at this computer, not for other pages. Open http://localhost:{}/ itself.";
inline constexpr Text kWrongToken = "hardlined has restarted since this page was loaded. Reload it and try again.";
inline constexpr Text kNoUpgrade = "Only HTTP/1.1 is spoken here.";
inline constexpr Text kOffTitle = "The dashboard is switched off";
inline constexpr Text kOffText =
    "The configuration of hardlined on this computer switches it off. Services open as usual.";
inline constexpr Text kNothingHereTitle = "There is nothing here";
inline constexpr Text kNothingHere = "The dashboard is one page, at http://localhost:{}/.";
inline constexpr Text kOnlyToBeRead = "Only GET is allowed here.";
inline constexpr Text kQrOfLinks = "QR codes are only made for services' links: /qr.svg?text=http%3A%2F%2F….localhost…";
inline constexpr Text kTooManyTitle = "Too many pages are open";
inline constexpr Text kTooMany = "Too many dashboard pages are open. Close some.";

/// What the script says, by the names that it has there. {0} and {1} are filled in.
inline constexpr std::array<std::pair<Text, Text>, 38> kScript = {{
    {"copied", "The link to {0} is copied."},
    {"copyFailed", "The browser does not allow copying. The link is: {0}"},
    {"pinned", "{0} is pinned."},
    {"renamed", "{0} is now called {1}."},
    {"unpinned", "{0} is unpinned."},
    {"published", "{0} is published."},
    {"saved", "{0} is changed."},
    {"paused", "{0} is paused."},
    {"resumed", "{0} is published again."},
    {"removed", "{0} is removed. Its files are kept in {1}."},
    {"taken", "{0} already leads to another service. Press Replace to point it to this one."},
    {"replace", "Replace"},
    {"noName", "Give it a name."},
    {"noLink", "Enter the service's link."},
    {"noTitle", "Give it a title."},
    {"noAddress", "Enter its address."},
    {"badPort", "A port is a number from 1 to 65535."},
    {"unreachable", "hardlined does not answer. Is it running?"},
    {"failed", "That did not work, and hardlined did not say why (status {0})."},
    {"serversLooking", "Looking for web servers on this computer…"},
    {"serversNone", "None found. Enter the address and port yourself."},
    {"serverUse", "Use {0} at {1}"},
    {"serverNameless", "a server"},
    {"unpinWhat", "Unpin {0}?"},
    {"removeWhat", "Remove {0}?"},
    {"whyWhat", "How {0} is found"},
    {"whySearching", "Asking everywhere and trying every address… {0} s"},
    {"whyReached", "It was reached at {0} after {2}; the address came from {1}."},
    {"whyNotReached", "It could not be reached (tried for {0})."},
    {"whyNoneTried", "No address was found to try."},
    {"whyWon", "Reached"},
    {"whyAlso", "Reached, after another"},
    {"whyWaiting", api::kNotAsked},
    {"whyAsking", api::kNoAnswerYet},
    {"whyEnded", "Answered"},
    {"whyUnusable", "{0}, and {1} that cannot be used from here"},
    {"seconds", "{0} s"},
    {"milliseconds", "{0} ms"},
}};

}  // namespace hardline::dashboard::texts
