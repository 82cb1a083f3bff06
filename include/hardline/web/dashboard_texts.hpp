// What the dashboard says in English, all of it: the page, and what its script says later.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace hardline::web::texts {

using Text = std::string_view;

// The frame.
inline constexpr Text kTitle = "Hardline";
inline constexpr Text kSkip = "Skip to the services";
inline constexpr Text kSections = "Sections";
inline constexpr Text kNoScript =
    "Scripts are switched off in this browser: the lists and links work, but nothing can be changed here, and the page "
    "shows how things stood when it was loaded. Load it again to see who has answered since.";
inline constexpr Text kReadOnly = "Changes are switched off by the configuration: this page only shows.";
inline constexpr Text kLost = "The connection to hardlined is lost. Trying again…";
inline constexpr Text kFooter =
    "This page comes from Hardline on this computer. Nothing on it was loaded from elsewhere.";

// Sections.
inline constexpr Text kLan = "On this network";
inline constexpr Text kLanHint = "Services that answer on your local network right now.";
inline constexpr Text kLanOff = "Looking around on the local network is switched off by the configuration.";
inline constexpr Text kLanEmpty = "Nothing heard yet.";
inline constexpr Text kLanEmptyAdvice =
    "Start hardlined on another computer of this network, with a service published there: it shows up here within "
    "seconds.";
inline constexpr Text kYours = "Yours";
inline constexpr Text kYoursHint = "Services with a name of your own, which open from anywhere.";
inline constexpr Text kYoursEmpty = "No names yet.";
inline constexpr Text kYoursEmptyAdvice =
    "Pin a service that was found on this network, or a link that somebody gave you. It then opens under a short name.";
inline constexpr Text kPublished = "Published here";
inline constexpr Text kPublishedHint = "Services of this computer. Whoever has the link can open them.";
inline constexpr Text kPublishedEmpty = "Nothing is published here.";
inline constexpr Text kPublishedEmptyAdvice =
    "Publish a web server that runs on this computer or on your network: it gets a link that works from anywhere.";
inline constexpr Text kComputer = "This computer";
inline constexpr Text kComputerHint = "How Hardline stands here.";

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
inline constexpr Text kUntitled = "A service without a title";
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
inline constexpr Text kNotChecked = "Being checked";
inline constexpr Text kPaused = "Paused: nobody can open it";
inline constexpr Text kFrom = "From {}";
inline constexpr Text kOneConnection = "1 connection";
inline constexpr Text kConnections = "{} connections";
inline constexpr Text kOpenNow = ", {} open now";
inline constexpr Text kUnlisted = "Not shown in the list of this network";
inline constexpr Text kLanOnly = "Not announced on the internet";
inline constexpr Text kAnnounced = "Announced in the DHT {}";
inline constexpr Text kNotAnnounced = "Not announced in the DHT yet";
inline constexpr Text kNotAnnouncedBecause = "Not announced in the DHT: {}";
inline constexpr Text kFixed = "Set up by the command line or by hand: not to be changed here";

// How reachable this computer is.
inline constexpr Text kReachNothing = "Nothing is published here, so nobody needs to reach this computer";
inline constexpr Text kReachable = "Reachable from the internet at {}";
inline constexpr Text kReachableBySix = "Reachable from the internet over IPv6 alone, at {}";
inline constexpr Text kAlsoAt = "Also at {}.";
inline constexpr Text kReachUnknown = "Looking for a way in from the internet…";
inline constexpr Text kReachUnknownText = "Nobody outside has said yet how this computer looks from there.";
inline constexpr Text kReachOff = "For this network only";
inline constexpr Text kReachOffText =
    "The configuration switches off both ways to the internet: asking the router, and the DHT.";
inline constexpr Text kUnreachable = "Not reachable from the internet";
inline constexpr Text kOnTheLanItIs = "On this network it is.";
inline constexpr Text kNobodyFinds =
    "Others look for it in the DHT, and this computer is not connected to that: only those find it who were here "
    "before.";

inline constexpr Text kRouter = "Router";
inline constexpr Text kRouterOff = "Not asked to open a port: switched off by the configuration";
inline constexpr Text kRouterIdle = "Not asked to open a port: nothing is published";
inline constexpr Text kRouterSearching = "Looking for one that opens ports…";
inline constexpr Text kRouterNone = "None here opens ports by itself";
inline constexpr Text kRouterRefused = "{} does not open the port";
inline constexpr Text kRouterMapped = "{} leads port {} to this computer ({})";
inline constexpr Text kSomeRouter = "The router";
inline constexpr Text kPublicAddress = "Public address";
inline constexpr Text kSaysWho = "{}, says {}";
inline constexpr Text kNotKnown = "Not known";
inline constexpr Text kDht = "DHT";
inline constexpr Text kDhtOff = "Switched off by the configuration";
inline constexpr Text kDhtIdle = "Not needed yet";
inline constexpr Text kDhtConnecting = "Connecting…";
inline constexpr Text kDhtConnected = "Connected, {} nodes answer";
inline constexpr Text kDhtConnectedToOne = "Connected, 1 node answers";
inline constexpr Text kDhtDisconnected = "Nobody answers; trying again";
inline constexpr Text kDhtByProxy = "By the proxy {}";
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
inline constexpr Text kNoProblems = "No problems since it was started.";
inline constexpr Text kError = "Error";
inline constexpr Text kWarning = "Warning";

// Time. Ages are told coarsely, so that a page that nobody touches does not change all the time.
inline constexpr Text kJustNow = "just now";
inline constexpr Text kSecondsAgo = "{} seconds ago";
inline constexpr Text kAgo = "{} ago";
inline constexpr Text kLessThanAMinute = "less than a minute";
inline constexpr std::array<std::pair<Text, Text>, 3> kUnits = {
    {{"1 minute", "{} minutes"}, {"1 hour", "{} hours"}, {"1 day", "{} days"}}};

// Dialogs.
inline constexpr Text kPinHeading = "Pin a service";
inline constexpr Text kName = "Name";
inline constexpr Text kNameHint =
    "Letters, digits and dashes. The service opens at NAME.localhost:{}, on this computer.";
inline constexpr Text kLink = "Link";
inline constexpr Text kLinkHint =
    "As its owner gave it to you, http://….localhost:{}/. If there is a password before the long number, it belongs to "
    "the link.";
inline constexpr Text kRenameHeading = "Rename";
inline constexpr Text kNewName = "New name";
inline constexpr Text kUnpinHeading = "Unpin";
inline constexpr Text kUnpinText =
    "The name is forgotten, and with it the link, unless you have it elsewhere. Nothing changes at the service.";
inline constexpr Text kPublishHeading = "Publish a service";
inline constexpr Text kServiceTitle = "Title";
inline constexpr Text kServiceTitleHint = "What others see in their lists.";
inline constexpr Text kAddress = "Address";
inline constexpr Text kAddressHint = "Of the machine that runs it; 127.0.0.1 is this computer.";
inline constexpr Text kPort = "Port";
inline constexpr Text kFoundServers = "Web servers found on this computer";
inline constexpr Text kPublishedDone = "Whoever has this link can open it:";
inline constexpr Text kEditHeading = "Edit";
inline constexpr Text kRemoveHeading = "Remove";
inline constexpr Text kRemoveText =
    "It is no longer published, and its link stops working. Its certificate is kept aside, so that it can come back "
    "under the same link.";
inline constexpr Text kWhyHeading = "How it is found";
inline constexpr Text kWhyProgress = "Progress of the search";
inline constexpr Text kWhyAsked = "Who was asked";
inline constexpr Text kWhyTried = "What was tried";
inline constexpr Text kAddresses = "Addresses";
inline constexpr Text kResult = "Result";
inline constexpr Text kWho = "Who";
inline constexpr Text kToldBy = "Told by";
inline constexpr Text kTook = "Took";

// Answers of the walls.
inline constexpr Text kWrongHostTitle = "This is not the dashboard's address";
inline constexpr Text kWrongHost = "The dashboard is at http://localhost:{0}/ and http://hardline.localhost:{0}/.";
inline constexpr Text kCrossSiteTitle = "Refused to another site";
inline constexpr Text kCrossSite =
    "The dashboard is for the person at this computer, not for other pages. Open http://localhost:{}/ itself.";
inline constexpr Text kWrongToken = "This page is of an earlier start of hardlined. Reload it, and try again.";
inline constexpr Text kNoUpgrade = "No other protocol is spoken here than HTTP/1.1.";
inline constexpr Text kOffTitle = "The dashboard is switched off";
inline constexpr Text kOffText =
    "The configuration of hardlined on this computer switches it off. Services open as ever.";
inline constexpr Text kNothingHereTitle = "There is nothing here";
inline constexpr Text kNothingHere = "The dashboard is one page, at http://localhost:{}/.";
inline constexpr Text kOnlyToBeRead = "This can only be read, with GET.";
inline constexpr Text kQrOfLinks = "QR codes are made of services' links alone: /qr.svg?text=http%3A%2F%2F….localhost…";
inline constexpr Text kTooManyTitle = "Too many pages are open";
inline constexpr Text kTooMany = "Too many pages of the dashboard are open at a time. Close some.";

/// What the script says, by the names that it has there. {0} and {1} are filled in.
inline constexpr std::array<std::pair<Text, Text>, 38> kScript = {{
    {"copied", "The link to {0} is copied."},
    {"copyFailed", "The browser does not let the link be copied. It is: {0}"},
    {"pinned", "{0} is pinned."},
    {"renamed", "{0} is now called {1}."},
    {"unpinned", "{0} is unpinned."},
    {"published", "{0} is published."},
    {"saved", "{0} is changed."},
    {"paused", "{0} is paused."},
    {"resumed", "{0} is published again."},
    {"removed", "{0} is removed. Its files are kept in {1}."},
    {"taken", "{0} leads to another service already. Press the button again to have it lead to this one from now on."},
    {"replace", "Replace"},
    {"noName", "Give it a name."},
    {"noLink", "Put in the service's link."},
    {"noTitle", "Give it a title."},
    {"noAddress", "Say at which address it is."},
    {"badPort", "A port is a number from 1 to 65535."},
    {"unreachable", "hardlined does not answer. Is it running?"},
    {"failed", "That did not work, and hardlined did not say why (status {0})."},
    {"serversLooking", "Looking for web servers on this computer…"},
    {"serversNone", "None were found. Put in the address and port yourself."},
    {"serverUse", "Use {0} at {1}"},
    {"serverNameless", "a server"},
    {"unpinWhat", "Unpin {0}?"},
    {"removeWhat", "Remove {0}?"},
    {"whyWhat", "How {0} is found"},
    {"whySearching", "Asking everybody, and trying every address… {0} s"},
    {"whyReached", "It was reached at {0}, by way of {1}, after {2}."},
    {"whyNotReached", "It was not reached. All of it took {0}."},
    {"whyNoneTried", "No address was found to be tried."},
    {"whyWon", "Reached"},
    {"whyAlso", "Reached, after another"},
    {"whyWaiting", "Not asked any more"},
    {"whyAsking", "Has not answered yet"},
    {"whyEnded", "Answered"},
    {"whyUnusable", "{0}, and {1} that cannot be used from here"},
    {"seconds", "{0} s"},
    {"milliseconds", "{0} ms"},
}};

}  // namespace hardline::web::texts
