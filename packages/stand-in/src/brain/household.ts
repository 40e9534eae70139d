/**
 * The demo household: the Lindqvist home, all of it made up. The calendar is a weekly pattern, so that there is
 * something on whatever the date is. Invariant: plain data, the same for every conversation.
 */

export interface Person {
  name: string;
  about: string;
}

export interface Container {
  name: string;
  running: boolean;
  about: string;
}

export interface Machine {
  name: string;
  /** Other words people use for it. */
  aliases: string[];
  about: string;
  state: 'ok' | 'needs attention';
  summary: string;
  details: string[];
  containers: Container[];
}

export interface CalendarEntry {
  /** 0 is Sunday, as in `Date`. */
  weekday: number;
  time: string;
  title: string;
  who: string;
}

export interface Household {
  name: string;
  people: Person[];
  machines: Machine[];
  calendar: CalendarEntry[];
  shopping: string[];
  notes: { title: string; text: string }[];
}

const container = (name: string, about: string, running = true): Container => ({ name, running, about });

const machines: Machine[] = [
  {
    name: 'nas',
    aliases: ['storage', 'backup', 'backups', 'file server', 'disk 3'],
    about: 'file server with four disks',
    state: 'needs attention',
    summary: 'up for 41 days, 83 % full, disk 3 reports 12 reallocated sectors',
    details: [
      'Storage: 9.9 of 12 TB used (83 %)',
      'Disks: 1, 2 and 4 healthy; **disk 3 has 12 reallocated sectors**, worth replacing soon',
      'Last backup: last night at 02:30, finished without errors',
      'Temperature: 38 °C',
    ],
    containers: [container('immich', 'family photos'), container('paperless', 'scanned letters')],
  },
  {
    name: 'plex-box',
    aliases: ['plexbox', 'media box', 'media server', 'plex box'],
    about: 'media box in the living room',
    state: 'ok',
    summary: 'up for 12 days, load 0.4, 61 % of memory used',
    details: ['Load: 0.4', 'Memory: 9.8 of 16 GB', 'Nobody is watching anything right now', 'Temperature: 52 °C'],
    containers: [
      container('plex', 'films and series'),
      container('home-assistant', 'lights and sensors'),
      container('grafana', 'dashboards', false),
    ],
  },
  {
    name: 'router',
    aliases: ['internet', 'wifi router', 'network', 'gateway'],
    about: 'internet router with Wi-Fi',
    state: 'ok',
    summary: 'up for 96 days, 248 Mbit/s down, 23 devices connected',
    details: ['Line: 248 Mbit/s down, 49 Mbit/s up', '23 devices connected, 2 of them guests', 'Firmware is current'],
    containers: [],
  },
  {
    name: 'garden-pi',
    aliases: ['garden pi', 'raspberry', 'gardenpi', 'irrigation', 'greenhouse'],
    about: 'Raspberry Pi in the greenhouse',
    state: 'ok',
    summary: 'up for 7 days, soil moisture 34 %, watering at 06:00',
    details: ['Soil moisture: 34 %', 'Greenhouse: 19 °C', 'Next watering: 06:00', 'Wi-Fi signal is weak (-74 dBm)'],
    containers: [container('mosquitto', 'sensor messages'), container('pihole', 'ad blocking')],
  },
];

const entry = (weekday: number, time: string, title: string, who: string): CalendarEntry => ({
  weekday,
  time,
  title,
  who,
});

export const lindqvistHome: Household = {
  name: 'the Lindqvist home',
  people: [
    { name: 'Astrid', about: '43, nurse; night shift on Thursdays' },
    { name: 'Jonas', about: '45, works from home, looks after the servers' },
    { name: 'Maja', about: '9, plays football and the trumpet' },
  ],
  machines,
  calendar: [
    entry(1, '07:00', 'Bins out: paper and cardboard', 'Jonas'),
    entry(1, '17:00', 'Trumpet lesson', 'Maja'),
    entry(2, '18:30', 'Parents’ evening at school', 'Astrid'),
    entry(3, '16:30', 'Football practice', 'Maja'),
    entry(3, '20:00', 'Choir', 'Jonas'),
    entry(4, '10:00', 'Dentist', 'Jonas'),
    entry(4, '21:00', 'Night shift', 'Astrid'),
    entry(5, '18:00', 'Pizza and film night', 'everyone'),
    entry(6, '11:00', 'Football match, away', 'Maja'),
    entry(0, '13:00', 'Lunch at grandma’s', 'everyone'),
  ],
  shopping: ['oat milk', 'eggs', 'basil', 'coffee beans', 'dishwasher tablets', 'AA batteries'],
  notes: [
    { title: 'Guest Wi-Fi', text: 'The network is "lindqvist-guests"; the password is on the card at the fridge.' },
    { title: 'Bins', text: 'Paper goes out on Monday, everything else on Thursday.' },
    { title: 'Boiler', text: 'Serviced every October; the number of the fitter is inside the cover.' },
  ],
};
